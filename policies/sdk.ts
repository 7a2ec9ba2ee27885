/** What the policy SDK uses of `@pulumi/pulumi`: the compiled pack has this in place of the package's index, which loads all of it. */
export * as asset from "@pulumi/pulumi/asset";
export { Output } from "@pulumi/pulumi/output";
