import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";

new PolicyPack("upshift", {
    description: "Refuses what would take traffic from its users, or give it to a version too soon.",
    enforcementLevel: "mandatory",
    policies,
});
