import type { Leaving } from "./drain";

/** How versions are taken away. */
export type Removal =
    | {
          readonly by: "config";
          /** What the config names them by, which is to go. */
          readonly paths: readonly string[];
          /** Pods of theirs that the stack has not made, and that stay: a command for each. */
          readonly others: readonly string[];
          /** Takes it out of the config, all at once. @returns what puts it back */
          write(): () => void;
      }
    | {
          /** The config can leave them out, and the program has them all the same. */
          readonly by: "program";
          /** What speaks for it. */
          readonly why: string;
          /** Lines of the program that name them, as far as they were found. */
          readonly lines: readonly string[];
          readonly paths: readonly string[];
      };

/** Finds out how versions are taken away. */
export interface Remover {
    /**
     * By a preview of the program, with a config that names them no more: what a program makes of its config only the program knows.
     * Nothing is changed by it.
     *
     * @param members what the config calls the releases: of a chain by its own name.
     * @param again the command that begins anew, where somebody has written the config meanwhile.
     * @throws where the guards would refuse it.
     */
    plan(leaving: readonly Leaving[], members: readonly string[], again: string): Promise<Removal>;
}
