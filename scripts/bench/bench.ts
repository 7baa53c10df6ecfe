/** One part of the measurements. Names of figures begin with the part's own name and a dot. */
export interface Bench {
  readonly name: string;
  /** What each figure means, with its unit and its aim; the table shows it. */
  readonly figures: Readonly<Record<string, string>>;
  run(context: BenchContext): Promise<Readonly<Record<string, number>>>;
}

export interface BenchContext {
  /** Says what is going on, on standard error. */
  readonly say: (line: string) => void;
  readonly images: {
    readonly node: string;
    readonly registry: string;
    readonly edge: string;
    readonly busybox: string;
  };
}
