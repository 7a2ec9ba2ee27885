import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";
import { answerNoRemedies } from "./noRemedies";
import { run } from "./read/run";
import { readOnce } from "./readOnce";

readOnce();
answerNoRemedies();
// The state is read while the program starts; whoever needs it waits for what is left of that, and hears of a failure.
void run().applied();

new PolicyPack("upshift", {
    description: "Refuses what would take traffic from its users, or give it to a version too soon.",
    enforcementLevel: "mandatory",
    policies,
});
