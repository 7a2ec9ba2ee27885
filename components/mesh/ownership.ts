/** The label of the mesh's namespaces that names the stack that made them: `upshift.dev`. */
export const stackLabel = "upshift.dev/stack";

/** What a stack is called in labels. */
export function stackName(project: string, stack: string): string {
    return `${project}.${stack}`;
}
