/** A family of metrics, as OpenMetrics has it. */
export interface Family {
    /** Without a suffix; one with a unit ends with it. */
    readonly name: string;
    readonly type: "counter" | "gauge" | "summary";
    readonly unit?: "seconds" | "ratio";
    readonly help: string;
    readonly samples: readonly Sample[];
}

export interface Sample {
    /** Of a summary: `_sum` or `_count`. A counter's `_total` stands there by itself. */
    readonly suffix?: "_sum" | "_count";
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
}

/**
 * Families as OpenMetrics' text, which Prometheus' older text format takes as well, so that node-exporter's textfile collector
 * does: there are no timestamps, and no types that it does not know.
 */
export function openMetrics(families: readonly Family[]): string {
    return [...families.filter(({ samples }) => samples.length > 0).flatMap(linesOf), "# EOF", ""].join("\n");
}

function linesOf({ name, type, unit, help, samples }: Family): string[] {
    return [
        `# TYPE ${name} ${type}`,
        ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
        `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
        ...samples.map(({ suffix = type === "counter" ? "_total" : "", labels, value }) => {
            const all = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
            return `${name}${suffix}{${all.join(",")}} ${value}`;
        }),
    ];
}

function escaped(text: string): string {
    return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
