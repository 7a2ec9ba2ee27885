/** Whether a status is one of `200,404` or `2xx`. */
export function isStatus(expected: string, status: string): boolean {
    return expected.split(",").some((one) => new RegExp(`^${one.replaceAll("x", "\\d")}$`).test(status));
}
