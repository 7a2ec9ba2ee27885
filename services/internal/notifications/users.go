package notifications

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sql-driver/mysql"

	"upshift/services/internal/problem"
)

// Users are the users in the database.
type Users struct {
	db      *sql.DB
	address string
	name    string
	timeout time.Duration
}

// OpenUsers makes the connection pool; nothing is asked yet.
func OpenUsers(config Config) (*Users, error) {
	connector, err := mysql.NewConnector(config.Database)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(4)
	// A database that has moved, or fallen over to another machine, is found again.
	db.SetConnMaxLifetime(3 * time.Minute)
	return &Users{db, config.Database.Addr, config.Database.DBName, config.Timeout}, nil
}

const table = `CREATE TABLE users (
	username VARCHAR(50) NOT NULL PRIMARY KEY,
	email VARCHAR(100) NOT NULL UNIQUE,
	firstname VARCHAR(50) NOT NULL,
	lastname VARCHAR(50) NOT NULL,
	role VARCHAR(50) NOT NULL,
	enabled BOOLEAN NOT NULL,
	password VARCHAR(200) NOT NULL
) CHARACTER SET utf8mb4`

// firstUsers are there from the beginning. Nobody can log in as one of them: they have no password.
var firstUsers = []User{
	{"admin", "admin@example.com", "ROLE_ADMIN", true, "Ada", "Admin"},
	{"moderator", "moderator@example.com", "ROLE_MODERATOR", true, "Max", "Moderator"},
	{"user", "user@example.com", "ROLE_USER", true, "Uma", "User"},
}

// Prepare makes the table and the first users in a database that has none yet. Of several pods that start together one does,
// and users that were deleted stay so.
func (u *Users) Prepare(ctx context.Context) error {
	connection, err := u.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	var locked sql.NullInt64
	if err := connection.QueryRowContext(ctx, "SELECT GET_LOCK('upshift-users', 30)").Scan(&locked); err != nil {
		return err
	}
	if locked.Int64 != 1 {
		return errors.New("another pod has been preparing the database for 30 s")
	}
	defer func() { _, _ = connection.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK('upshift-users')") }()
	var tables int
	const known = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'users'"
	if err := connection.QueryRowContext(ctx, known).Scan(&tables); err != nil || tables > 0 {
		return err
	}
	if _, err := connection.ExecContext(ctx, table); err != nil {
		return err
	}
	for _, user := range firstUsers {
		if err := insert(ctx, connection, user, ""); err != nil {
			return err
		}
	}
	return nil
}

// Ping asks the database whether it is there.
func (u *Users) Ping(ctx context.Context) error { return u.db.PingContext(ctx) }

const columns = "username, email, role, enabled, firstname, lastname"

// maxUsers bounds a list.
const maxUsers = 1000

// List are all users by name, at most a thousand.
func (u *Users) List(ctx context.Context) ([]User, error) {
	rows, err := u.db.QueryContext(ctx, "SELECT "+columns+" FROM users ORDER BY username LIMIT ?", maxUsers)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	users := []User{}
	for rows.Next() {
		user, err := read(rows)
		if err != nil {
			return nil, err
		}
		users = append(users, user)
	}
	return users, rows.Err()
}

// Get is one user; 404 when there is none of that name.
func (u *Users) Get(ctx context.Context, username string) (User, error) {
	user, err := read(u.db.QueryRowContext(ctx, "SELECT "+columns+" FROM users WHERE username = ?", username))
	if errors.Is(err, sql.ErrNoRows) {
		return user, noUser(username)
	}
	return user, err
}

// Create adds a user with a hashed password; 409 when the name or the email is taken.
func (u *Users) Create(ctx context.Context, user User, password string) error {
	return taken(insert(ctx, u.db, user, password), user)
}

// Update changes all but the name and the password; 404 when there is no such user, 409 when the email is another's.
func (u *Users) Update(ctx context.Context, user User) error {
	result, err := u.db.ExecContext(ctx, "UPDATE users SET email = ?, role = ?, enabled = ?, firstname = ?, lastname = ? WHERE username = ?",
		user.Email, user.Role, user.Enabled, user.Firstname, user.Lastname, user.Username)
	if err != nil {
		return taken(err, user)
	}
	return found(result, user.Username)
}

// Delete removes a user; 404 when there is none of that name.
func (u *Users) Delete(ctx context.Context, username string) error {
	result, err := u.db.ExecContext(ctx, "DELETE FROM users WHERE username = ?", username)
	if err != nil {
		return err
	}
	return found(result, username)
}

func insert(ctx context.Context, into interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, user User, password string) error {
	_, err := into.ExecContext(ctx, "INSERT INTO users ("+columns+", password) VALUES (?, ?, ?, ?, ?, ?, ?)",
		user.Username, user.Email, user.Role, user.Enabled, user.Firstname, user.Lastname, password)
	return err
}

func read(row interface{ Scan(...any) error }) (User, error) {
	var u User
	return u, row.Scan(&u.Username, &u.Email, &u.Role, &u.Enabled, &u.Firstname, &u.Lastname)
}

func found(result sql.Result, username string) error {
	count, err := result.RowsAffected()
	if err == nil && count == 0 {
		return noUser(username)
	}
	return err
}

func noUser(username string) error {
	return problem.New(http.StatusNotFound, "There is no user %s", username)
}

// duplicate is MySQL's error number for a key that is there already.
const duplicate = 1062

func taken(err error, user User) error {
	if refused := new(mysql.MySQLError); errors.As(err, &refused) && refused.Number == duplicate {
		return problem.New(http.StatusConflict, "There is a user %s already, or one with the email %s", user.Username, user.Email)
	}
	return err
}

// asProblem is what callers are told of a database that fails: 503, and the details are for the log.
func (u *Users) asProblem(err error) error {
	if told := new(problem.Problem); err == nil || errors.As(err, &told) {
		return err
	}
	return fmt.Errorf("%w: %w", problem.New(http.StatusServiceUnavailable, "The database does not answer"), err)
}
