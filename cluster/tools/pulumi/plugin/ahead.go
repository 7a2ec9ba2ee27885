// Package plugin is a part of Pulumi's own package of that name, without which this file does not compile: set-up adds it there before
// it builds the CLI (cluster/tools/pulumi/changes.ts).
//
// Pulumi starts each plugin when it needs it, so that a command waits for a language host, then for the program that loads its
// modules, then for one provider after the other. Here they are started as soon as it is known that they will be asked, and are told
// with what arguments, in which environment and where they run when they are. Only plugins that know of it are: this project's own
// (plugins/ahead.ts).
package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/promise"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

const (
	// aheadMark stands in the script of a plugin that may be started ahead.
	aheadMark = "# Pulumi may start it ahead."
	// aheadVariable tells a plugin that it was.
	aheadVariable = "UPSHIFT_STARTED_AHEAD"
	// readyVariable tells a language host which program it is to get ready: its folder and Pulumi.yaml's options for it.
	readyVariable = "UPSHIFT_READY_FOR"
	// longestScript is more bytes than the script of such a plugin has.
	longestScript = 10_000
	// aheadTimeout is how long a plugin may take until it says who it is; one that takes longer is started as any other.
	aheadTimeout = 10 * time.Second
)

// AheadAbout is what a plugin says of itself when it is started ahead.
type AheadAbout struct {
	Executable string            `json:"executable"`
	Version    string            `json:"version"`
	Metadata   map[string]string `json:"metadata"`
}

// Environment is what an update says of its program's runtime, by the names that Pulumi has for it.
func (about AheadAbout) Environment(runtime string) map[string]string {
	environment := map[string]string{
		"runtime.name":       runtime,
		"runtime.executable": about.Executable,
		"runtime.version":    about.Version,
	}
	for key, value := range about.Metadata {
		environment["runtime.metadata."+key] = value
	}
	return environment
}

type aheadPlugin struct {
	*Plugin
	about *promise.Promise[AheadAbout]
}

var (
	// aheadPlugins are those that nobody has asked for yet, by the files that they run. They end with this process, which holds their
	// standard input.
	aheadPlugins sync.Map
	// startingAhead is held by who starts one: none is started twice.
	startingAhead sync.Mutex
)

var errNotAhead = errors.New("not a plugin that can be started ahead")

// LanguageAhead starts the language host of a program before it is asked for, and has it get the program ready.
//
// It returns what the host says of itself, or an error where it is none that can be started so.
func LanguageAhead(
	ctx context.Context, runtime, programDirectory string, options map[string]any,
) (AheadAbout, error) {
	if os.Getenv("PULUMI_DEBUG_LANGUAGES") != "" {
		return AheadAbout{}, errNotAhead
	}
	ready, err := json.Marshal([]any{programDirectory, options})
	if err != nil {
		return AheadAbout{}, err
	}
	host := workspace.PluginDescriptor{Name: runtime, Kind: apitype.LanguagePlugin}
	about, err := startAhead(ctx, host, nil, env.MapStore{readyVariable: string(ready)})
	if err != nil {
		return AheadAbout{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, aheadTimeout)
	defer cancel()
	return about.Result(ctx)
}

// ProviderAhead starts a provider before it is asked for, where it is one that can be started so.
func ProviderAhead(ctx context.Context, provider workspace.PluginDescriptor, projectPlugins []workspace.ProjectPlugin) {
	if os.Getenv("PULUMI_DEBUG_PROVIDERS") == "" {
		_, _ = startAhead(ctx, provider, projectPlugins, env.MapStore{})
	}
}

func startAhead(
	ctx context.Context, plugin workspace.PluginDescriptor, projectPlugins []workspace.ProjectPlugin, variables env.MapStore,
) (*promise.Promise[AheadAbout], error) {
	// What is to be said of where it lies is said when it is asked for.
	quiet := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	bin, err := workspace.GetPluginPath(ctx, quiet, plugin, projectPlugins)
	if err != nil {
		return nil, err
	}
	if !mayStartAhead(bin) {
		return nil, errNotAhead
	}
	startingAhead.Lock()
	defer startingAhead.Unlock()
	if known, is := aheadPlugins.Load(bin); is {
		return known.(*aheadPlugin).about, nil
	}
	variables[aheadVariable] = "true"
	started, err := ExecPlugin(nil, bin, plugin.Name, plugin.Kind, nil, "", env.NewEnv(variables), false)
	if err != nil {
		return nil, err
	}
	about := promise.Run(func() (said AheadAbout, err error) {
		line, err := readLine(started.Stdout)
		if err == nil {
			err = json.Unmarshal(line, &said)
		}
		return said, err
	})
	aheadPlugins.Store(bin, &aheadPlugin{started, about})
	return about, nil
}

func mayStartAhead(bin string) bool {
	if stat, err := os.Stat(bin); err != nil || !stat.Mode().IsRegular() || stat.Size() > longestScript {
		return false
	}
	script, err := os.ReadFile(bin)
	return err == nil && strings.Contains(string(script), aheadMark)
}

// takeAhead gives a plugin that was started ahead what it is asked for with. It returns nil where there is none, or none that hears.
func takeAhead(bin string, args, environment []string, pwd string) *Plugin {
	found, is := aheadPlugins.LoadAndDelete(bin)
	if !is {
		return nil
	}
	ahead := found.(*aheadPlugin)
	if ahead.tell(args, environment, pwd) != nil {
		go io.Copy(io.Discard, ahead.Stdout)
		go io.Copy(io.Discard, ahead.Stderr)
		go ahead.Kill()
		return nil
	}
	ahead.Args, ahead.Env = args, environment
	return ahead.Plugin
}

func (ahead *aheadPlugin) tell(args, environment []string, pwd string) error {
	timeout, cancel := context.WithTimeout(context.Background(), aheadTimeout)
	defer cancel()
	if _, err := ahead.about.Result(timeout); err != nil {
		return err
	}
	line, err := json.Marshal(map[string]any{"args": args, "environment": environment, "folder": pwd})
	if err != nil {
		return err
	}
	_, err = ahead.Stdin.Write(append(line, '\n'))
	return err
}

// readLine reads no further than to the end of a line: what comes after it is for others.
func readLine(from io.Reader) ([]byte, error) {
	var line bytes.Buffer
	for one := make([]byte, 1); ; {
		n, err := from.Read(one)
		switch {
		case n == 1 && one[0] == '\n':
			return line.Bytes(), nil
		case n == 1:
			line.WriteByte(one[0])
		case err != nil:
			return nil, err
		}
	}
}
