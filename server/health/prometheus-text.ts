/** Prometheus' text format, for numbers that count elsewhere and are only shown here. */
type Labels = Record<string, string | number>;
export interface Sample {
  /** After the metric's name: `_bucket`, `_sum`, `_count`. */
  suffix?: string;
  labels: Labels;
  value: number;
}
export interface Metric {
  name: string;
  type: 'gauge' | 'counter' | 'histogram';
  help: string;
  samples: Sample[];
}

export function renderMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(({ suffix = '', labels, value }) => {
    const inner = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(String(text))}`);
    return `${name}${suffix}{${inner.join(',')}} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}
