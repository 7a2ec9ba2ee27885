const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const nanosPerUnit = 10n ** 9n;

/**
 * Writes a quantity as the API server does, so that `0.5` and `500m`, `1024Mi` and `1Gi` are the same: without a fraction and
 * with the largest suffix that fits. What is no quantity comes back as it is, for the API server to refuse.
 */
export function canonicalQuantity(quantity: string | number): string {
    const parts = /^([+-]?)(\d*)(?:\.(\d*))?([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+|)$/.exec(String(quantity));
    if (!parts) return String(quantity);
    const [, sign = "", whole = "", fraction = "", suffix = ""] = parts;
    if (!whole && !fraction) return String(quantity);
    const nanos = roundUp(BigInt((whole || "0") + fraction) * scale(suffix), 10n ** BigInt(fraction.length));
    const text = format(nanos, suffix);
    return sign === "-" && nanos !== 0n ? `-${text}` : text;
}

function format(nanos: bigint, suffix: string): string {
    if (nanos === 0n) return "0";
    if (suffix.endsWith("i") && nanos % nanosPerUnit === 0n && nanos >= 1024n * nanosPerUnit) {
        const [value, steps] = divideOut(nanos / nanosPerUnit, 1024n, binarySuffixes.length - 1);
        // What no binary suffix fits is stored without one, and read as decimal from then on.
        if (steps > 0) return `${value}${binarySuffixes[steps]}`;
    }
    const [value, steps] = divideOut(nanos, 1000n, decimalSuffixes.length - 1);
    if (!/^[eE]/.test(suffix) || /^E$/.test(suffix)) return `${value}${decimalSuffixes[steps]}`;
    return steps === 3 ? `${value}` : `${value}e${3 * (steps - 3)}`;
}

/** What one unit of the suffix is in nanos. */
function scale(suffix: string): bigint {
    if (suffix.endsWith("i")) return nanosPerUnit * 1024n ** BigInt(binarySuffixes.indexOf(suffix));
    if (decimalSuffixes.includes(suffix)) return 1000n ** BigInt(decimalSuffixes.indexOf(suffix));
    const exponent = Number(suffix.slice(1)) + 9;
    return exponent >= 0 ? 10n ** BigInt(exponent) : 0n;
}

function divideOut(value: bigint, by: bigint, atMost: number): [value: bigint, steps: number] {
    let steps = 0;
    for (; steps < atMost && value % by === 0n; steps++) value /= by;
    return [value, steps];
}

function roundUp(value: bigint, by: bigint): bigint {
    return (value + by - 1n) / by;
}
