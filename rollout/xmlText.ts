/** A text as it stands in XML and HTML, whatever is in it: names come from clusters and configs. */
export function xmlText(text: string): string {
    const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
    return text.replace(/[&<>"]/g, (mark) => marks[mark] ?? mark);
}
