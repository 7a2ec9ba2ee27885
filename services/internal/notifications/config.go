package notifications

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"upshift/services/internal/remote"
)

// Config is where the database and notification are.
type Config struct {
	// Database is made of DB_HOSTNAME (mysql), DB_PORT (3306), DB_NAME (usermgmt), DB_USERNAME (dbadmin) and DB_PASSWORD, or
	// a file that DB_PASSWORD_FILE names.
	Database *mysql.Config
	// NotificationURL is made of NOTIFICATION_SERVICE_HOST (notification) and NOTIFICATION_SERVICE_PORT (80).
	NotificationURL string
	// Timeout is CALL_TIMEOUT, for a call and for a question to the database; default 2s.
	Timeout time.Duration
}

// ConfigFrom reads the configuration through getenv; the error names every variable that is wrong.
func ConfigFrom(getenv func(string) string) (Config, error) {
	timeout, wrongTimeout := remote.Timeout(getenv)
	password, wrongPassword := databasePassword(getenv)
	dbPort, wrongDBPort := port(getenv, "DB_PORT", "3306")
	servicePort, wrongServicePort := port(getenv, "NOTIFICATION_SERVICE_PORT", "80")
	if err := errors.Join(wrongTimeout, wrongPassword, wrongDBPort, wrongServicePort); err != nil {
		return Config{}, err
	}
	database := mysql.NewConfig()
	database.Net = "tcp"
	database.Addr = net.JoinHostPort(cmp.Or(getenv("DB_HOSTNAME"), "mysql"), dbPort)
	database.DBName = cmp.Or(getenv("DB_NAME"), "usermgmt")
	database.User = cmp.Or(getenv("DB_USERNAME"), "dbadmin")
	database.Passwd = password
	// Encrypted where the server can: RDS does, the embedded one in the same network has no certificate.
	database.TLSConfig = "preferred"
	database.Timeout, database.ReadTimeout, database.WriteTimeout = timeout, timeout, timeout
	// An UPDATE that changes nothing has found its user all the same.
	database.ClientFoundRows = true
	host := cmp.Or(getenv("NOTIFICATION_SERVICE_HOST"), "notification")
	return Config{database, "http://" + net.JoinHostPort(host, servicePort), timeout}, nil
}

func databasePassword(getenv func(string) string) (string, error) {
	file := getenv("DB_PASSWORD_FILE")
	if password := getenv("DB_PASSWORD"); password != "" || file == "" {
		if password == "" {
			return "", errors.New("DB_PASSWORD is missing: set it, or set DB_PASSWORD_FILE to a file that holds it")
		}
		return password, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("DB_PASSWORD_FILE: %w", err)
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

func port(getenv func(string) string, name, otherwise string) (string, error) {
	text := cmp.Or(getenv(name), otherwise)
	if number, err := strconv.Atoi(text); err != nil || number < 1 || number > 65535 {
		return "", fmt.Errorf("%s=%q is not a port from 1 to 65535", name, text)
	}
	return text, nil
}
