import { otherProject } from "../project";
import { defaultStack } from "../pulumi";

/** What a command needs to be about a stack and a project that it is not about by itself: ` --stack prod`, or nothing. */
export function whereOf(stack: string, folder: string | undefined): string {
    const isElsewhere = folder !== undefined && folder !== otherProject(undefined);
    return `${stack === defaultStack ? "" : ` --stack ${stack}`}${isElsewhere ? ` --cwd ${folder}` : ""}`;
}
