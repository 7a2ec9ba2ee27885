import * as fs from "node:fs";
import * as path from "node:path";
import type { Part } from "./images";
import { librariesOf } from "./libraries";

/** Lays an image's parts out in a folder as the image will have them. */
export async function layOut(parts: readonly Part[], root: string): Promise<void> {
    for (const part of parts) place(part, path.join(root, part.to));
    const linked = parts.flatMap((part) => ("from" in part && part.libraries ? filesIn(part.from) : []));
    if (linked.length === 0) return;
    for (const library of await librariesOf(linked)) place({ to: library, from: library }, path.join(root, library));
}

function place(part: Part, at: string): void {
    fs.mkdirSync(path.dirname(at), { recursive: true });
    if ("from" in part) filesIn(part.from).forEach((file) => copy(file, path.join(at, path.relative(part.from, file))));
    else if ("link" in part) fs.symlinkSync(part.link, at);
    else if ("text" in part) fs.writeFileSync(at, part.text);
    else {
        fs.mkdirSync(at, { recursive: true });
        fs.chmodSync(at, part.mode);
    }
}

/** Links are followed, because what they point to may not be in the image; everyone may read, since pods don't run as root. */
function copy(from: string, to: string): void {
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(from, to);
    fs.chmodSync(to, fs.statSync(from).mode & 0o111 ? 0o755 : 0o644);
}

/** The file itself, or all files of a folder. */
function filesIn(source: string): string[] {
    if (!fs.statSync(source).isDirectory()) return [source];
    return fs.readdirSync(source).flatMap((name) => filesIn(path.join(source, name)));
}
