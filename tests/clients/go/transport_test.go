package clients_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// With HTTP_PROXY nothing has to resolve the host's name, and no code is needed. Go reads the variable
// once in a process, so this test runs its story in another one.
func TestThroughTheServerAsProxy(t *testing.T) {
	if os.Getenv("KEYFRONT_TEST_PROXIED") == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestThroughTheServerAsProxy$", "-test.v")
		command.Env = append(os.Environ(), "KEYFRONT_TEST_PROXIED=1", "HTTP_PROXY="+endpoint, "NO_PROXY=", "no_proxy=")
		output, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(output), "--- PASS: TestThroughTheServerAsProxy") {
			t.Fatalf("%v\n%s", err, output)
		}
		return
	}
	c := newCaller(t, settings{})
	storyOfKeys(t, c)
	keysAreExactBytes(t, c)
	// A name that Go does not exempt: the control plane comes through the proxy, too.
	c = newCaller(t, settings{endpoint: "http://keyfront.test"})
	storyOfAStore(t, c, "http://keyfront.test")
	storyOfKeys(t, c)
}

func TestSigV4InsteadOfSigV4A(t *testing.T) {
	t.Setenv("AWS_AUTH_SCHEME_PREFERENCE", "sigv4")
	scheme := &recorder{client: client()}
	c := newCaller(t, settings{client: scheme})
	storyOfKeys(t, c)
	keysAreExactBytes(t, c)
	equal(t, "requests without SigV4", scheme.count(func(r *http.Response) bool {
		return !strings.HasPrefix(r.Request.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	}), 0)
}

func TestSigV4AIsWhatTheDataPlaneIsSignedWith(t *testing.T) {
	seen := &recorder{client: client()}
	storyOfKeys(t, newCaller(t, settings{client: seen}))
	signed := regexp.MustCompile(`^AWS4-ECDSA-P256-SHA256 Credential=test/\d{8}/cloudfront-keyvaluestore/aws4_request, `)
	equal(t, "requests without SigV4A", seen.count(func(r *http.Response) bool {
		return strings.HasPrefix(r.Request.URL.Path, "/key-value-stores/") &&
			!signed.MatchString(r.Request.Header.Get("Authorization"))
	}), 0)
}

// Over TLS, Go takes HTTP/2 when it is offered.
func TestTLSAndHTTP2(t *testing.T) {
	folder := t.TempDir()
	certificate, roots := selfSigned(t, folder)
	address, stop := serveTLS(t, folder, certificate)
	defer stop()
	seen := &recorder{client: awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.Proxy = nil
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	})}
	_, port, err := net.SplitHostPort(address)
	check(t, err)
	c := newCaller(t, settings{endpoint: "https://localhost:" + port, client: seen})
	storyOfAStore(t, c, "https://localhost:"+port)
	storyOfKeys(t, c)
	keysAreExactBytes(t, c)
	equal(t, "answers over another version than HTTP/2", seen.count(func(r *http.Response) bool {
		return r.Proto != "HTTP/2.0" || r.TLS == nil
	}), 0)
	// An answer to HEAD has a length, and no body: HTTP/2 takes one for a broken protocol.
	head, err := http.NewRequest(http.MethodHead, "https://localhost:"+port+"/healthz", nil)
	check(t, err)
	answer, err := seen.Do(head)
	check(t, err)
	body, err := io.ReadAll(answer.Body)
	check(t, err)
	equal(t, "what HEAD is answered", fmt.Sprint(answer.StatusCode, answer.ContentLength, len(body)), "200 3 0")
	// Requests side by side on one connection.
	s := newStore(t, c, nil)
	var readers sync.WaitGroup
	for range 32 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			if _, err := s.get(t, "none"); !strings.Contains(err.Error(), "ResourceNotFoundException") {
				t.Error(err)
			}
		}()
	}
	readers.Wait()
}

// A connection on which nothing happens is not kept for ever: there may be so many.
func TestAnIdleHTTP2ConnectionIsClosed(t *testing.T) {
	folder := t.TempDir()
	certificate, roots := selfSigned(t, folder)
	address, stop := serveTLS(t, folder, certificate, "--idle-seconds=1")
	defer stop()
	connection, err := tls.Dial("tcp", address, &tls.Config{
		RootCAs: roots, ServerName: "localhost", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	check(t, err)
	defer connection.Close()
	equal(t, "the protocol", connection.ConnectionState().NegotiatedProtocol, "h2")
	emptySettings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	_, err = io.WriteString(connection, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+emptySettings)
	check(t, err)
	check(t, connection.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = io.ReadAll(connection)
	check(t, err)
}

// recorder keeps the answers that the client saw.
type recorder struct {
	client interface {
		Do(*http.Request) (*http.Response, error)
	}
	mutex   sync.Mutex
	answers []*http.Response
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	answer, err := r.client.Do(request)
	if err == nil {
		r.mutex.Lock()
		r.answers = append(r.answers, answer)
		r.mutex.Unlock()
	}
	return answer, err
}

// count counts the answers of which it is so; there must be answers.
func (r *recorder) count(is func(*http.Response) bool) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.answers) == 0 {
		return -1
	}
	count := 0
	for _, answer := range r.answers {
		if is(answer) {
			count++
		}
	}
	return count
}

// selfSigned writes cert.pem and key.pem for localhost and an account of it.
func selfSigned(t *testing.T, folder string) (string, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "keyfront"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost", "*.localhost"},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	inPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	check(t, os.WriteFile(filepath.Join(folder, "cert.pem"), inPEM, 0o600))
	private = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	check(t, os.WriteFile(filepath.Join(folder, "key.pem"), private, 0o600))
	roots := x509.NewCertPool()
	equal(t, "the certificate is one", roots.AppendCertsFromPEM(inPEM), true)
	return folder, roots
}

// serveTLS starts a server of its own, and returns its address and what stops it.
func serveTLS(t *testing.T, folder, certificates string, options ...string) (string, func()) {
	t.Helper()
	options = append([]string{"serve", "--listen", "127.0.0.1:0", "--in-memory", "--buckets", folder, "--log", "warn",
		"--tls-certificate", filepath.Join(certificates, "cert.pem"),
		"--tls-key", filepath.Join(certificates, "key.pem")}, options...)
	command := exec.Command(binary, options...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	check(t, err)
	check(t, command.Start())
	address := make(chan string, 1)
	go func() {
		defer close(address)
		pattern := regexp.MustCompile(`https://(127\.0\.0\.1:\d+)`)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if found := pattern.FindStringSubmatch(lines.Text()); found != nil {
				select {
				case address <- found[1]:
				default:
				}
			}
		}
	}()
	stop := func() {
		check(t, command.Process.Signal(syscall.SIGTERM))
		if err := command.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}
	select {
	case found, ok := <-address:
		if !ok {
			t.Fatalf("the server with TLS did not start: %v", command.Wait())
		}
		return found, stop
	case <-time.After(20 * time.Second):
		stop()
		t.Fatal("the server with TLS did not say where it listens")
		return "", nil
	}
}
