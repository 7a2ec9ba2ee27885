/** A word for a POSIX shell that stands for the text, whatever is in it. */
export function quote(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same for a command that people read: quoted only where a shell would take it for something else. */
export function shellWord(text: string): string {
    return /^[\w@%+=:,./-]+$/.test(text) ? text : quote(text);
}
