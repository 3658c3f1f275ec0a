// Package clients_test runs the AWS SDK for Go v2 against a Keyfront server, which tests/clients/run
// starts for it.
package clients_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	kvs "github.com/aws/aws-sdk-go-v2/service/cloudfrontkeyvaluestore"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var (
	endpoint         = os.Getenv("KEYFRONT_ENDPOINT")
	buckets          = os.Getenv("KEYFRONT_BUCKETS")
	binary           = os.Getenv("KEYFRONT_BIN")
	storesPerAccount = number("KEYFRONT_STORES_PER_ACCOUNT")

	uuid        = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	controlETag = regexp.MustCompile(`^E[0-9A-Z]{1,13}$`)
	dataETag    = regexp.MustCompile(`^KV[0-9A-Z]{1,13}$`)
	quota       = regexp.MustCompile(`^Limit exceeded: Maximum `)
)

const (
	// Of the right form, and of no version.
	otherControlETag = "ETVPDKIKX0DER"
	otherDataETag    = "KVTVPDKIKX0DER"

	// AWS's texts, as observed.
	staleData    = "Pre-Condition failed during update of Key-Value-Store"
	wrongState   = "Key-Value-Store was not in expected state"
	tooManyPairs = "Limit exceeded: Maximum key values pairs that you can update in a single API request"
	valueTooBig  = "Limit exceeded: Maximum size of the value in a key value pair"
	staleControl = "The request failed because it didn't meet the preconditions in one or more request-header fields."
	badIfMatch   = "The If-Match version is missing or not valid for the resource."
)

var awkwardKeys = []string{
	"/", "/old/page", "a//b", "trailing/", " ", "sp ace", "pl+us", "per%cent", "%2F", "%", "co:lon",
	`'single' "double"`, "é", "😀", "\u2028", "tab\there", "line\nbreak", `back\slash`,
	".", "..", "...", "a/../b", "./a", "?query=1&x#fragment", "~-_.!*'()", "keys", "<a>&amp;",
	strings.Repeat("é", 256),
}

func number(name string) int {
	value, _ := strconv.Atoi(os.Getenv(name))
	return value
}

func TestMain(m *testing.M) {
	if endpoint == "" || buckets == "" || binary == "" || storesPerAccount == 0 {
		fmt.Fprintln(os.Stderr, "KEYFRONT_ENDPOINT and others are not set: tests/clients/run starts a server and sets them")
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// client sends every request to the server under test, whatever name it was made for:
// `000000000000.localhost` is known to few resolvers.
func client() *awshttp.BuildableClient {
	address := strings.TrimPrefix(endpoint, "http://")
	return awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	})
}

// caller is one access key's clients.
type caller struct {
	account string
	control *cloudfront.Client
	data    *kvs.Client
}

// settings are what a caller does not take from the environment, as `keyfront env` sets it.
type settings struct {
	key, secret, region string
	// The same for both planes.
	endpoint string
	client   config.HTTPClient
}

// newCaller makes the clients. An account's id is an access key of it; `test` is one of 000000000000.
func newCaller(t *testing.T, s settings) *caller {
	t.Helper()
	var options []func(*config.LoadOptions) error
	if s.key != "" || s.secret != "" {
		provider := credentials.NewStaticCredentialsProvider(cmp.Or(s.key, "test"), cmp.Or(s.secret, "test"), "")
		options = append(options, config.WithCredentialsProvider(provider))
	}
	if s.region != "" {
		options = append(options, config.WithRegion(s.region))
	}
	if s.endpoint != "" {
		options = append(options, config.WithBaseEndpoint(s.endpoint))
	}
	if s.client != nil {
		options = append(options, config.WithHTTPClient(s.client))
	}
	loaded, err := config.LoadDefaultConfig(t.Context(), options...)
	check(t, err)
	return &caller{
		account: cmp.Or(s.key, "000000000000"),
		control: cloudfront.NewFromConfig(loaded),
		data:    kvs.NewFromConfig(loaded),
	}
}

// testCaller is the caller with the development credentials.
func testCaller(t *testing.T) *caller {
	t.Helper()
	return newCaller(t, settings{client: client()})
}

var numbers atomic.Int64

// freshCaller is the caller of an account that no other test uses.
func freshCaller(t *testing.T) *caller {
	t.Helper()
	account := 300_000_000_000 + int64(os.Getpid()%1_000_000*1_000) + numbers.Add(1)
	return newCaller(t, settings{key: strconv.FormatInt(account, 10), client: client()})
}

// newName is a name that no other test uses.
func newName() string {
	return fmt.Sprintf("go-%d-%d", os.Getpid(), numbers.Add(1))
}

func (c *caller) arn() string {
	return "arn:aws:cloudfront::" + c.account + ":key-value-store/00000000-0000-4000-8000-000000000000"
}

// settled waits until the store is no longer PROVISIONING, and returns what is then told of it.
func (c *caller) settled(t *testing.T, name string) *cloudfront.DescribeKeyValueStoreOutput {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := c.control.DescribeKeyValueStore(t.Context(), &cloudfront.DescribeKeyValueStoreInput{Name: &name})
		check(t, err)
		if *answer.KeyValueStore.Status != "PROVISIONING" {
			return answer
		}
	}
	t.Fatalf("%s is still PROVISIONING", name)
	return nil
}

// putObject puts a file into a bucket, and returns it as an import source.
func putObject(t *testing.T, key, text string) *cftypes.ImportSource {
	t.Helper()
	folder := filepath.Join(buckets, "golang")
	check(t, os.MkdirAll(folder, 0o755))
	check(t, os.WriteFile(filepath.Join(folder, key), []byte(text), 0o644))
	return &cftypes.ImportSource{
		SourceType: cftypes.ImportSourceTypeS3,
		SourceARN:  aws.String("arn:aws:s3:::golang/" + key),
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, expected T) {
	t.Helper()
	if got != expected {
		t.Fatalf("%s: got %v, expected %v", what, got, expected)
	}
}

func equalSlices[T comparable](t *testing.T, what string, got, expected []T) {
	t.Helper()
	if !slices.Equal(got, expected) {
		t.Fatalf("%s: got %v, expected %v", what, got, expected)
	}
}

func matches(t *testing.T, what string, pattern *regexp.Regexp, got *string) {
	t.Helper()
	if got == nil || !pattern.MatchString(*got) {
		t.Fatalf("%s: got %v, expected %v", what, aws.ToString(got), pattern)
	}
}

// status checks the status of an answer, and that it tells a request's id.
func status(t *testing.T, metadata middleware.Metadata, expected int) {
	t.Helper()
	raw, ok := awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response)
	if !ok {
		t.Fatal("no response was kept")
	}
	equal(t, "status", raw.StatusCode, expected)
	id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
	matches(t, "request id", uuid, &id)
}

// refused expects the SDK's own type of the error, its status and its text: a string, a pattern, or nil
// for any.
func refused[E smithy.APIError](t *testing.T, err error, code int, text any) {
	t.Helper()
	var kind E
	if err == nil || !errors.As(err, &kind) {
		t.Fatalf("got %v, expected %T", err, kind)
	}
	equal(t, "error code", kind.ErrorCode(), strings.TrimPrefix(fmt.Sprintf("%T", kind), "*types."))
	refusedWith(t, err, kind.ErrorMessage(), code, text)
}

// refusedAs expects an error that no model lists, of authentication for example.
func refusedAs(t *testing.T, err error, name string, code int) {
	t.Helper()
	var kind smithy.APIError
	if err == nil || !errors.As(err, &kind) {
		t.Fatalf("got %v, expected %s", err, name)
	}
	equal(t, "error code", kind.ErrorCode(), name)
	refusedWith(t, err, kind.ErrorMessage(), code, nil)
}

func refusedWith(t *testing.T, err error, message string, code int, text any) {
	t.Helper()
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		t.Fatalf("%v has no response", err)
	}
	equal(t, "status", response.HTTPStatusCode(), code)
	id := response.ServiceRequestID()
	matches(t, "request id", uuid, &id)
	switch text := text.(type) {
	case string:
		equal(t, "text", message, text)
	case *regexp.Regexp:
		matches(t, "text", text, &message)
	default:
		if message == "" {
			t.Fatalf("%v has no text", err)
		}
	}
}
