/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
    const seconds = milliseconds / 1000;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** For what is only guessed: `less than a minute`, `about 5 min`, the next whole minute. */
export function roughly(milliseconds: number): string {
    const minutes = Math.ceil(milliseconds / 60_000);
    return minutes <= 1 ? "less than a minute" : `about ${minutes} min`;
}
