import { serve } from "../serve";
import { addRandomProvider } from "./provider";

serve(addRandomProvider).catch((error: Error) => {
    console.error(`pulumi-resource-random: ${error.message}`);
    process.exit(1);
});
