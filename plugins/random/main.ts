import { askedFor, thisNode } from "../ahead";
import { serve } from "../serve";
import { addRandomProvider } from "./provider";

askedFor(thisNode)
    .then(() => serve(addRandomProvider))
    .catch((error: Error) => {
        console.error(`pulumi-resource-random: ${error.message}`);
        process.exit(1);
    });
