package notifications

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// database starts a MariaDB of this test's own, without accounts: on a Unix socket, and elsewhere only where more arguments say so.
func database(t *testing.T, more ...string) Config {
	t.Helper()
	program, err := exec.LookPath("mariadbd")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/mariadbd"); err != nil {
			t.Skip("mariadbd is not here; npx upshift setup installs it")
		}
	}
	// Not t.TempDir: the path of a socket may have 107 bytes.
	folder, err := os.MkdirTemp("", "users-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket := filepath.Join(folder, "socket")
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	if len(more) == 0 {
		more = []string{"--skip-networking"}
	}
	server := exec.Command(program, append([]string{"--no-defaults", "--datadir=" + folder, "--socket=" + socket, "--skip-grant-tables",
		"--pid-file=" + filepath.Join(folder, "pid"), "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=8M", "--user=root"}, more...)...)
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	config, err := ConfigFrom(func(name string) string { return map[string]string{"DB_PASSWORD": "any", "CALL_TIMEOUT": "20s"}[name] })
	if err != nil {
		t.Fatal(err)
	}
	config.Database.Net, config.Database.Addr, config.Database.TLS = "unix", socket, nil
	withoutSchema := *config.Database
	withoutSchema.DBName = ""
	users, err := OpenUsers(Config{Database: &withoutSchema})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err = users.db.Exec("CREATE DATABASE usermgmt"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("MariaDB does not answer: %v\n%s", err, text)
		}
	}
	_ = users.db.Close()
	return config
}
