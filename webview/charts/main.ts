import { chartElement } from './chart.ts';
import { PatrChart } from './patrChart.ts';

customElements.define(chartElement, PatrChart);
