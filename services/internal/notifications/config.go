package notifications

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
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
	// a file that DB_PASSWORD_FILE names. DB_TLS is verify (the default) or off; DB_TLS_NAME is whom the server's certificate must
	// be for (the host), and DB_CA who must have signed it, PEM (the system's roots).
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
	host := cmp.Or(getenv("DB_HOSTNAME"), "mysql")
	secured, wrongTLS := databaseTLS(getenv, host)
	if err := errors.Join(wrongTimeout, wrongPassword, wrongDBPort, wrongServicePort, wrongTLS); err != nil {
		return Config{}, err
	}
	database := mysql.NewConfig()
	database.Net = "tcp"
	database.Addr = net.JoinHostPort(host, dbPort)
	database.DBName = cmp.Or(getenv("DB_NAME"), "usermgmt")
	database.User = cmp.Or(getenv("DB_USERNAME"), "dbadmin")
	database.Passwd = password
	// Never "preferred": it verifies nothing, and whoever stands in between takes the encryption away.
	database.TLS = secured
	database.Timeout, database.ReadTimeout, database.WriteTimeout = timeout, timeout, timeout
	// An UPDATE that changes nothing has found its user all the same.
	database.ClientFoundRows = true
	service := cmp.Or(getenv("NOTIFICATION_SERVICE_HOST"), "notification")
	return Config{database, "http://" + net.JoinHostPort(service, servicePort), timeout}, nil
}

// databaseTLS is nil where the database is spoken to in plain.
func databaseTLS(getenv func(string) string, host string) (*tls.Config, error) {
	switch mode := cmp.Or(getenv("DB_TLS"), "verify"); mode {
	case "off":
		return nil, nil
	case "verify":
	default:
		return nil, fmt.Errorf("DB_TLS=%q is neither verify nor off", mode)
	}
	config := &tls.Config{ServerName: cmp.Or(getenv("DB_TLS_NAME"), host), MinVersion: tls.VersionTLS12}
	if text := getenv("DB_CA"); text != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(text)) {
			return nil, errors.New("DB_CA holds no certificate in PEM")
		}
	}
	return config, nil
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
