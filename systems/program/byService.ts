import type * as pulumi from "@pulumi/pulumi";

/** What a system with a single split service tells of it, as a record of its services. */
export function byService<T>(service: string, output: pulumi.Output<T>): pulumi.Output<Record<string, T>> {
    return output.apply((value) => ({ [service]: value }));
}
