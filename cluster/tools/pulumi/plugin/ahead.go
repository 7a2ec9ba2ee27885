// Package plugin is a part of Pulumi's own package of that name: set-up adds this file to it before it builds the CLI
// (cluster/tools/manifest.ts).
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
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/promise"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
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

// startedProcess is a plugin's process, with the other ends of its standard streams.
type startedProcess struct {
	cmd        *exec.Cmd
	in         io.WriteCloser
	outr, errr *io.PipeReader
	// wait is done when it has ended, and all that it wrote is read.
	wait *promise.CompletionSource[struct{}]
}

type aheadProcess struct {
	*startedProcess
	about *promise.Promise[AheadAbout]
}

// Those that nobody has asked for yet, by the files that they run. They end with this process, which holds their standard input.
var (
	aheadLock      sync.Mutex
	aheadProcesses = map[string]*aheadProcess{}
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
	about, err := startAhead(ctx, host, nil, readyVariable+"="+string(ready))
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
		_, _ = startAhead(ctx, provider, projectPlugins)
	}
}

func startAhead(
	ctx context.Context, plugin workspace.PluginDescriptor, projectPlugins []workspace.ProjectPlugin, variables ...string,
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
	aheadLock.Lock()
	defer aheadLock.Unlock()
	if known := aheadProcesses[bin]; known != nil {
		return known.about, nil
	}
	environment := append(os.Environ(), aheadVariable+"=true")
	started, err := startProcess(bin, nil, append(environment, variables...), "")
	if err != nil {
		return nil, err
	}
	about := promise.Run(func() (said AheadAbout, err error) {
		line, err := readLine(started.outr)
		if err == nil {
			err = json.Unmarshal(line, &said)
		}
		return said, err
	})
	aheadProcesses[bin] = &aheadProcess{started, about}
	return about, nil
}

func mayStartAhead(bin string) bool {
	if stat, err := os.Stat(bin); err != nil || !stat.Mode().IsRegular() || stat.Size() > longestScript {
		return false
	}
	script, err := os.ReadFile(bin)
	return err == nil && strings.Contains(string(script), aheadMark)
}

// beginProcess gives a plugin that was started ahead what it is asked for with, or starts one.
func beginProcess(bin string, args, environment []string, pwd string) (*startedProcess, error) {
	aheadLock.Lock()
	ahead := aheadProcesses[bin]
	delete(aheadProcesses, bin)
	aheadLock.Unlock()
	if ahead != nil && ahead.tell(args, environment, pwd) == nil {
		return ahead.startedProcess, nil
	}
	return startProcess(bin, args, environment, pwd)
}

// tell ends the process where it can't be told.
func (ahead *aheadProcess) tell(args, environment []string, pwd string) (err error) {
	defer func() {
		if err != nil {
			_ = ahead.in.Close()
			_ = cmdutil.KillChildren(ahead.cmd.Process.Pid)
			go io.Copy(io.Discard, ahead.outr)
			go io.Copy(io.Discard, ahead.errr)
		}
	}()
	timeout, cancel := context.WithTimeout(context.Background(), aheadTimeout)
	defer cancel()
	if _, err = ahead.about.Result(timeout); err != nil {
		return err
	}
	line, err := json.Marshal(map[string]any{"args": args, "environment": environment, "folder": pwd})
	if err == nil {
		_, err = ahead.in.Write(append(line, '\n'))
	}
	return err
}

// startProcess starts a plugin in a process group of its own. On an error nothing runs.
func startProcess(bin string, args, environment []string, pwd string) (*startedProcess, error) {
	cmd := exec.Command(bin, args...)
	cmdutil.RegisterProcessGroup(cmd)
	cmd.Dir = pwd
	if len(environment) > 0 {
		cmd.Env = environment
	}
	in, _ := cmd.StdinPipe()
	outr, outw := io.Pipe()
	errr, errw := io.Pipe()
	cmd.Stdout = outw
	cmd.Stderr = errw
	if err := cmd.Start(); err != nil {
		_, _ = outw.Close(), errw.Close()
		return nil, err
	}
	wait := &promise.CompletionSource[struct{}]{}
	go func() {
		err := cmd.Wait()
		_, _ = outw.Close(), errw.Close()
		if err != nil {
			wait.Reject(err)
		} else {
			wait.Fulfill(struct{}{})
		}
	}()
	return &startedProcess{cmd, in, outr, errr, wait}, nil
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
