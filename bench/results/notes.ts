/** What is to be known of the others, and of how they run here. */
export const notes = `## How the others run

- **Argo Rollouts and Flagger** are built from the Go modules that \`bench/argo\` and \`bench/flagger\` pin, each with the dependencies that it was released with, and run as processes of the machine with the cluster's own kubeconfig: there are no images of them where no registry can be reached.
- **Argo Rollouts** splits by subsets. \`promote\` and \`abort\` are patches of the Rollout's status, and are made here by \`kubectl patch --subresource status\`; the plugin reads the Rollout before a promotion, which takes it a little longer. The canary's pod is there before a shift is timed; a whole release has the start of one pod in it.
- **Flagger** has no command for a step: it is told of a release by another image, and goes on at ticks of 10 s, the shortest that it takes. So a shift of it has the start of a pod and two ticks in it, and the way back is the old image again. No metric is asked for, so that nothing but the ticks holds it up.
- **kubectl patch** is the floor: one write, with nobody who looks whether it is safe, or whether it has arrived. About 0.1 s of all figures is istiod's, which waits that long for further changes.
- **upshift** shifts by the last step of its release driver, 50 → 100, timed from when the driver begins it; **upshift, pulumi up** is the same step as a command of its own, from a cold start. In a whole release the driver's gate has to pass at each share, and looks at requests for at least one window of 10 s; its limits are set so that it asks for no more than that.
- **Pulumi, one VirtualService** is a program with nothing of ours, run by the embedded language host and provider.

## What newer releases changed

- **Argo Rollouts** 1.10.2 needs a newer Go than the one here (1.26.10). Beside 1.9.1 its \`rollout/trafficrouting.go\`, which moves the weights, is the same line by line, and in the Istio part only the removal of header and mirror routes is another. Its controller no longer writes what it has just updated into its cache, and takes a Rollout again later where the cache is behind: a whole release, which is several updates in a row, may take a little longer, and a single promotion or abort has nothing of it.
- **Flagger** 1.44.0 still counts an \`interval\` below 10 s as 10 s (\`GetAnalysisInterval\`), and goes on at ticks: its figures here are made of those. Since then a promotion that fails leaves the canary all users, which is in no figure here.
`;
