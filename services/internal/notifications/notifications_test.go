package notifications

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"upshift/services/internal/server"
	"upshift/services/internal/xray"
)

var silent = slog.New(slog.DiscardHandler)

func untraced(t *testing.T) *xray.Tracer {
	t.Helper()
	return xray.NewTracer(xray.Config{Name: "user-management"}, "v1", silent)
}

// notificationAt serves notification, and counts the connections that are opened to it.
func notificationAt(t *testing.T, handler http.Handler) (url string, connections func() int) {
	t.Helper()
	var mutex sync.Mutex
	count := 0
	service := httptest.NewUnstartedServer(handler)
	service.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mutex.Lock()
			defer mutex.Unlock()
			count++
		}
	}
	service.Start()
	t.Cleanup(service.Close)
	return service.URL, func() int {
		mutex.Lock()
		defer mutex.Unlock()
		return count
	}
}

// withoutDatabase is a user-management whose database is nowhere.
func withoutDatabase(t *testing.T, notificationURL string) http.Handler {
	t.Helper()
	config, err := ConfigFrom(environment("DB_PASSWORD", "x", "DB_HOSTNAME", "127.0.0.1", "DB_PORT", "1"))
	if err != nil {
		t.Fatal(err)
	}
	config.NotificationURL = notificationURL
	return routesOf(t, config)
}

func routesOf(t *testing.T, config Config) http.Handler {
	t.Helper()
	users, err := OpenUsers(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.db.Close() })
	service := NewUserManagement("user-management-a", "v1", config, users, untraced(t), silent)
	return service.Routes()
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		if i := slices.Index(pairs, name); i >= 0 {
			return pairs[i+1]
		}
		return ""
	}
}

func send(service http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	service.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestTheNotificationsVersionIsInUserManagementsAnswer(t *testing.T) {
	for _, version := range []string{"v1", "v2"} {
		url, _ := notificationAt(t, Notification("notification-a", version, silent))
		service := withoutDatabase(t, url)
		for _, path := range []string{"/usermgmt/notification-xray", "/usermgmt/notification-service-info", "/usermgmt/notification-health-status"} {
			w := send(service, "GET", path, "")
			if want := fmt.Sprintf(`"version":"%s"`, strings.ToUpper(version)); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	}
}

func TestEachCallOpensAConnectionOfItsOwn(t *testing.T) {
	url, connections := notificationAt(t, Notification("notification-a", "v1", silent))
	service := withoutDatabase(t, url)
	for range 5 {
		send(service, "GET", "/usermgmt/notification-xray", "")
	}
	if got := connections(); got != 5 {
		t.Errorf("5 calls on %d connections", got)
	}
}

func TestTheVersionThatAnsweredIsToldAlsoWhenItFailed(t *testing.T) {
	url, connections := notificationAt(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(server.ServedByHeader, "notification=v2")
		w.WriteHeader(http.StatusInternalServerError)
	}))
	w := send(withoutDatabase(t, url), "GET", "/usermgmt/notification-xray", "")
	if w.Code != http.StatusBadGateway || w.Header().Get(server.ServedByHeader) != "notification=v2" {
		t.Errorf("%d, served by %q", w.Code, w.Header().Get(server.ServedByHeader))
	}
	if connections() != 1 {
		t.Errorf("a failed call was made %d times", connections())
	}
}

func TestWithoutADatabaseUsersAndHealthSaySoAndNotificationIsStillThere(t *testing.T) {
	url, _ := notificationAt(t, Notification("notification-a", "v1", silent))
	service := withoutDatabase(t, url)
	for path, code := range map[string]int{"/usermgmt/health-status": 503, "/usermgmt/users": 503, "/usermgmt/user/admin": 503, "/usermgmt/notification-xray": 200} {
		if w := send(service, "GET", path, ""); w.Code != code {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestAMessageWithoutAnAddressIsRefused(t *testing.T) {
	service := Notification("notification-a", "v2", silent)
	if w := send(service, "POST", "/notification/send", `{"subject":"Hello","toEmails":[]}`); w.Code != 422 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w := send(service, "POST", "/notification/send", `{"subject":"Hello","content":"x","toEmails":["a@example.com"]}`)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"accepted":1,"version":"V2"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestUsersAreKeptInTheDatabase(t *testing.T) {
	config := database(t)
	var sent []Message
	url, _ := notificationAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message Message
		_ = json.NewDecoder(r.Body).Decode(&message)
		sent = append(sent, message)
		_, _ = w.Write([]byte(`{"accepted":1,"version":"V2"}`))
	}))
	config.NotificationURL = url
	users, err := OpenUsers(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.db.Close() })
	service := NewUserManagement("user-management-a", "v1", config, users, untraced(t), silent)
	if err := service.Warm(); err != nil {
		t.Fatal(err)
	}
	routes := service.Routes()
	const magnus = `{"username":"magnus","email":"magnus@example.com","role":"ROLE_USER","enabled":true,"firstname":"Magnus","lastname":"L","password":"Pass@123"}`
	for _, step := range []struct {
		method, path, body string
		code               int
		contains           string
	}{
		{"GET", "/usermgmt/health-status", "", 200, `"database":"UP"`},
		{"GET", "/usermgmt/users", "", 200, `"username":"admin"`},
		{"POST", "/usermgmt/user", magnus, 200, `"notification":{"accepted":1,"version":"V2"`},
		{"POST", "/usermgmt/user", magnus, 409, "magnus"},
		{"POST", "/usermgmt/user", `{"username":"x y","email":"nobody","password":"short"}`, 422, "password must have 8 to 100 bytes; username"},
		{"POST", "/usermgmt/user", `{`, 400, "not the JSON"},
		{"GET", "/usermgmt/user/magnus", "", 200, `"firstname":"Magnus"`},
		{"PUT", "/usermgmt/user", `{"username":"magnus","email":"m@example.com","firstname":"M"}`, 200, `"email":"m@example.com"`},
		{"PUT", "/usermgmt/user", `{"username":"magnus","email":"m@example.com","firstname":"M"}`, 200, `"email":"m@example.com"`},
		{"PUT", "/usermgmt/user", `{"username":"magnus","email":"admin@example.com"}`, 409, "admin@example.com"},
		{"PUT", "/usermgmt/user", `{"username":"nobody","email":"n@example.com"}`, 404, "nobody"},
		{"GET", "/usermgmt/user/magnus", "", 200, `"firstname":"M"`},
		{"DELETE", "/usermgmt/user/magnus", "", 200, `"username":"magnus"`},
		{"DELETE", "/usermgmt/user/magnus", "", 404, "magnus"},
		{"GET", "/usermgmt/user/magnus", "", 404, "magnus"},
	} {
		w := send(routes, step.method, step.path, step.body)
		if w.Code != step.code || !strings.Contains(w.Body.String(), step.contains) || strings.Contains(w.Body.String(), "Pass@123") {
			t.Errorf("%s %s %s: %d %s", step.method, step.path, step.body, w.Code, w.Body)
		}
	}
	if len(sent) != 1 || !slices.Equal(sent[0].ToEmails, []string{"magnus@example.com"}) {
		t.Errorf("sent %+v", sent)
	}
}

func TestSeveralPodsPrepareTheDatabaseOnceAndDeletedUsersStayDeleted(t *testing.T) {
	config := database(t)
	users, err := OpenUsers(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.db.Close() })
	errs := make(chan error, 4)
	for range 4 {
		go func() { errs <- users.Prepare(t.Context()) }()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if err := users.Delete(t.Context(), "moderator"); err != nil {
		t.Fatal(err)
	}
	if err := users.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := users.List(t.Context())
	if err != nil || len(list) != len(firstUsers)-1 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestAPasswordIsKeptAsASaltedHash(t *testing.T) {
	one, err := hashed("Pass@123")
	other, _ := hashed("Pass@123")
	if err != nil || one == other || strings.Contains(one, "Pass") || !strings.HasPrefix(one, "$pbkdf2-sha256$600000$") || len(one) > 200 {
		t.Errorf("%q %q %v", one, other, err)
	}
}

func TestTheEnvironmentNamesTheDatabaseAndNotification(t *testing.T) {
	config, err := ConfigFrom(environment("DB_PASSWORD", "x"))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{config.Database.Addr, config.Database.DBName, config.Database.User, config.NotificationURL, config.Timeout.String()}
	if want := []string{"mysql:3306", "usermgmt", "dbadmin", "http://notification:80", (2 * time.Second).String()}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	_, err = ConfigFrom(environment("DB_PORT", "mysql", "NOTIFICATION_SERVICE_PORT", "0", "CALL_TIMEOUT", "soon"))
	for _, name := range []string{"DB_PASSWORD is missing", `DB_PORT="mysql"`, `NOTIFICATION_SERVICE_PORT="0"`, `CALL_TIMEOUT="soon"`} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing from %v", name, err)
		}
	}
}

func TestWaitingForTheDatabaseEndsWithTheReason(t *testing.T) {
	config, err := ConfigFrom(environment("DB_PASSWORD", "x", "DB_HOSTNAME", "127.0.0.1", "DB_PORT", "1"))
	if err != nil {
		t.Fatal(err)
	}
	users, err := OpenUsers(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := users.Prepare(ctx); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}
