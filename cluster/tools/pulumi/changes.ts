import type { Changes, SourceChanges } from "../sourceChanges";

/**
 * Has a module that estimates how good a password is read its dictionaries when it is first asked for that. The CLI is made of two of
 * them, for the commands that set config, and every command of it would begin with reading both: 0.07 of its 0.14 s.
 */
const dictionariesLate: SourceChanges[string] = {
    "frequency/frequency.go": [["func init() {", "// Load reads the dictionaries.\nfunc Load() {"]],
    "matching/matching.go": [
        ["func init() {\n\tloadFrequencyList()\n}\n", ""],
        ["func loadFrequencyList() {", "func loadFrequencyList() {\n\tfrequency.Load()"],
    ],
};

/**
 * Has the engine write the state once for all changes that wait for that, and not once for each: it writes all of it each time, and a
 * step of a stack waits until it is written, so that with many services most of an update was that. Each change is still written before
 * whoever made it goes on. More of them are under way at a time than four for each processor, where --parallel and PULUMI_PARALLEL do
 * not say, since those that wait for one write cost nothing.
 */
const writesTogether: SourceChanges[string] = {
    "cmd/pulumi/operations/up.go": [
        ["int32(runtime.GOMAXPROCS(0)) * 4 //nolint:gosec", "max(64, int32(runtime.GOMAXPROCS(0))*4)"],
    ],
    "backend/snapshot.go": [
        ["	hasElidedWrites := true\n", "	hasElidedWrites := true\n	together := 0\n"],
        [
            `			var err error
			if request.mutator() {
				err = sm.saveSnapshot()
				hasElidedWrites = false
			} else {
				hasElidedWrites = true
			}
			request.result <- err
`,
            `			if together > 1 {
				// Those who have just heard of one write come back at about the same time.
				time.Sleep(time.Millisecond)
			}
			waiting := []mutationRequest{request}
			mustWrite := request.mutator()
			for isMore := true; isMore; {
				select {
				case next := <-mutationRequests:
					waiting = append(waiting, next)
					mustWrite = next.mutator() || mustWrite
				default:
					isMore = false
				}
			}
			var err error
			if mustWrite {
				err = sm.saveSnapshot()
			}
			hasElidedWrites = !mustWrite
			together = len(waiting)
			for _, one := range waiting {
				one.result <- err
			}
`,
        ],
        // The engine makes no other step until these are heard: where nothing of them is to be written, there is nothing to wait for.
        [
            `	return sm.mutate(func() bool {
		old, new := step.Old(), step.New()
		if old != nil && new != nil && old.Outputs.DeepEquals(new.Outputs) {
			logging.V(9).Infof("SnapshotManager: eliding RegisterResourceOutputs due to equal outputs")
			return false
		}

		return true
	})
`,
            `	old, new := step.Old(), step.New()
	if old != nil && new != nil && old.Outputs.DeepEquals(new.Outputs) {
		logging.V(9).Infof("SnapshotManager: eliding RegisterResourceOutputs due to equal outputs")
		return nil
	}
	return sm.mutate(func() bool { return true })
`,
        ],
    ],
};

/**
 * Has the CLI start the language host and the providers as soon as it knows that it will need them (plugin/ahead.go), and not when it
 * does: a command waited for the host twice, since it asks one for its name alone, then for the program, which loads its modules, then
 * for one provider after the other; and of two processors one had nothing to do.
 */
const pluginsAhead: SourceChanges[string] = {
    "resource/plugin/plugin.go": [
        [
            `	cmd := exec.Command(bin, args...)
`,
            `	if plug := takeAhead(bin, args, environment, pwd); plug != nil {
		return plug, nil
	}

	cmd := exec.Command(bin, args...)
`,
        ],
    ],
    "cmd/pulumi/metadata/metadata.go": [
        [
            `		projinfo := &engine.Projinfo{Proj: proj, Root: root}
`,
            `		projinfo := &engine.Projinfo{Proj: proj, Root: root}
		if pwd, _, err := projinfo.GetPwdMain(); err == nil {
			if about, err := plugin.LanguageAhead(ctx, proj.Runtime.Name(), pwd, proj.Runtime.Options()); err == nil {
				return about.Environment(proj.Runtime.Name()), nil
			}
		}
`,
        ],
    ],
    "engine/deployment.go": [
        [
            `	// Keep the plugin context open until the context is terminated, to allow for graceful provider cancellation.
`,
            `	if packages, err := gatherPackagesFromSnapshot(plugctx, target); err == nil {
		for _, one := range packages {
			plugin.ProviderAhead(plugctx.Base(), one.PluginDescriptor, plugctx.ProjectPlugins())
		}
	}

	// Keep the plugin context open until the context is terminated, to allow for graceful provider cancellation.
`,
        ],
    ],
    // For the update, while the user reads what its preview has shown.
    "backend/apply.go": [
        [
            `	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
`,
            `	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
`,
        ],
        [
            `	// Otherwise, ensure the user wants to proceed.
`,
            `	if pwd, _, err := (&engine.Projinfo{Proj: op.Proj, Root: op.Root}).GetPwdMain(); err == nil && kind == apitype.UpdateUpdate {
		go plugin.LanguageAhead(ctx, op.Proj.Runtime.Name(), pwd, op.Proj.Runtime.Options())
	}

	// Otherwise, ensure the user wants to proceed.
`,
        ],
    ],
};

/** Has a release begin the CLI of its next update before it knows what that is (held/held.go). */
const mayBeHeld: SourceChanges[string] = {
    "cmd/pulumi/main.go": [
        [
            `	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/cmd"
`,
            `	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/cmd"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/held"
`,
        ],
        ["	finished := new(bool)\n", "	held.Wait()\n\n	finished := new(bool)\n"],
    ],
};

const engine = "github.com/pulumi/pulumi/pkg/v3";

/** What set-up changes of the Pulumi CLI before it builds it. */
export const pulumiChanges: Changes = {
    changes: {
        "github.com/nbutton23/zxcvbn-go": dictionariesLate,
        "github.com/ccojocar/zxcvbn-go": dictionariesLate,
        [engine]: { ...writesTogether, ...pluginsAhead, ...mayBeHeld },
    },
    adds: {
        [engine]: {
            "resource/plugin/ahead.go": "cluster/tools/pulumi/plugin/ahead.go",
            "cmd/pulumi/held/held.go": "cluster/tools/pulumi/held/held.go",
        },
    },
};
