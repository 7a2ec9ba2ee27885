// Package held has a Pulumi CLI begin before it is known what it is to do. Set-up adds it to the CLI that it builds
// (cluster/tools/manifest.ts); a release has its next update's CLI wait so (rollout/release/heldCli.ts).
//
// What takes longest at a CLI's beginning is the key of a passphrase, which is made slowly so that nobody guesses it. It is made while
// nobody waits for it.
package held

import (
	"bufio"
	"encoding/json"
	"os"

	"gopkg.in/yaml.v3"

	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

const (
	// command is the first argument of a CLI that is held, before the file of a stack's config.
	command = "upshift-held"
	// ready is the file descriptor on which it says that it waits.
	ready = 3
)

// order is what it is to do, as a line of JSON on its standard input.
type order struct {
	Args        []string          `json:"args"`
	Environment map[string]string `json:"environment"`
}

// Wait returns when this process knows what it is to do: at once where it was not started to be held. It ends the process where
// whoever holds it is gone.
func Wait() {
	if len(os.Args) != 3 || os.Args[1] != command {
		return
	}
	makeKey(os.Args[2])
	said := os.NewFile(ready, "ready")
	_, _ = said.WriteString("\n")
	_ = said.Close()
	var given order
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &given) != nil {
		os.Exit(0)
	}
	os.Args = append(os.Args[:1:1], given.Args...)
	os.Clearenv()
	for name, value := range given.Environment {
		_ = os.Setenv(name, value)
	}
	_ = os.Stdin.Close()
	if nothing, err := os.Open(os.DevNull); err == nil {
		os.Stdin = nothing
	}
}

// makeKey has Pulumi keep the key of a stack's secrets, where a passphrase of the environment makes it. What is wrong with it is said
// by whoever needs it.
func makeKey(stackFile string) {
	_, has := os.LookupEnv("PULUMI_CONFIG_PASSPHRASE")
	if !has && os.Getenv("PULUMI_CONFIG_PASSPHRASE_FILE") == "" {
		return
	}
	var stack struct {
		EncryptionSalt string `yaml:"encryptionsalt"`
	}
	text, err := os.ReadFile(stackFile)
	if err != nil || yaml.Unmarshal(text, &stack) != nil || stack.EncryptionSalt == "" {
		return
	}
	_, _ = passphrase.NewPromptingPassphraseSecretsManager(
		&workspace.ProjectStack{EncryptionSalt: stack.EncryptionSalt}, false)
}
