/**
 * Does something whose progress is told on standard error, while standard output is kept for the data that comes of it. All that writes
 * there is meant, also a set-up's own list of tasks; only what other processes print is not this one's to lead.
 */
export async function besideData<Result>(what: () => Promise<Result>): Promise<Result> {
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = process.stderr.write.bind(process.stderr);
    try {
        return await what();
    } finally {
        process.stdout.write = write;
    }
}
