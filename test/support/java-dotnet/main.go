// Makes the Java and the .NET SDK of a schema with Pulumi's own generators, as `pulumi package gen-sdk` does by way of the languages'
// hosts, which are in no Go module that there is.
//
//	go run . schema.json folder
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi-java/pkg/codegen/java"
	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "upshift's tests"

// alone knows no other package: a schema that refers to one would need it installed wherever it is used.
type alone struct{}

func (alone) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return nil, fmt.Errorf("the schema refers to the package %s", name)
}

func (alone) LoadPackageV2(_ context.Context, descriptor *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, fmt.Errorf("the schema refers to the package %s", descriptor.Name)
}

func main() {
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(schemaFile, folder string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	// Validates it by Pulumi's own schema of schemas.
	bound, diagnostics, err := schema.BindSpec(spec, alone{})
	if err != nil {
		return err
	}
	for _, one := range diagnostics {
		return one
	}
	javaFiles, err := java.GeneratePackage(tool, bound, nil, false)
	if err != nil {
		return fmt.Errorf("java: %w", err)
	}
	// It fetches a logo, which must not need a network.
	logo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("logo")) }))
	defer logo.Close()
	bound.LogoURL = logo.URL
	dotnetFiles, err := dotnet.GeneratePackage(tool, bound, nil, nil)
	if err != nil {
		return fmt.Errorf("dotnet: %w", err)
	}
	for language, files := range map[string]map[string][]byte{"java": javaFiles, "dotnet": dotnetFiles} {
		for name, content := range files {
			file := filepath.Join(folder, language, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(file, content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
