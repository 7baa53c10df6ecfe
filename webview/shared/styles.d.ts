/** A style that is imported becomes the style of the page that imports it. */
declare module '*.css';
