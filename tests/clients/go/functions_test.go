package clients_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

const (
	noFunction = "The function does not exist."

	redirect = `import cf from 'cloudfront';
// Bytes that XML, base64 or a character set could change: <&> é 😀
async function handler(event) {
  const to = await cf.kvs().get(event.request.uri);
  console.log(event.request.uri + ' to ' + to);
  return { statusCode: 302, headers: { location: { value: to } } };
}
`

	oldPage = `{"version":"1.0","context":{"eventType":"viewer-request"},"viewer":{"ip":"192.0.2.1"},
"request":{"method":"GET","uri":"/old é","headers":{},"querystring":{},"cookies":{}}}`
)

// function is one by its name, as its caller sees it.
type function struct {
	*caller
	name   string
	config types.FunctionConfig
}

func (f *function) create(t *testing.T, code string) (*cloudfront.CreateFunctionOutput, error) {
	return f.control.CreateFunction(t.Context(), &cloudfront.CreateFunctionInput{Name: &f.name, FunctionConfig: &f.config, FunctionCode: []byte(code)})
}

func (f *function) describe(t *testing.T, stage types.FunctionStage) (*cloudfront.DescribeFunctionOutput, error) {
	return f.control.DescribeFunction(t.Context(), &cloudfront.DescribeFunctionInput{Name: &f.name, Stage: stage})
}

func (f *function) code(t *testing.T, stage types.FunctionStage) (*cloudfront.GetFunctionOutput, error) {
	return f.control.GetFunction(t.Context(), &cloudfront.GetFunctionInput{Name: &f.name, Stage: stage})
}

func (f *function) update(t *testing.T, code, etag string) (*cloudfront.UpdateFunctionOutput, error) {
	return f.control.UpdateFunction(t.Context(), &cloudfront.UpdateFunctionInput{Name: &f.name, FunctionConfig: &f.config, FunctionCode: []byte(code), IfMatch: &etag})
}

func (f *function) test(t *testing.T, stage types.FunctionStage, etag string) (*cloudfront.TestFunctionOutput, error) {
	return f.control.TestFunction(t.Context(), &cloudfront.TestFunctionInput{Name: &f.name, Stage: stage, IfMatch: &etag, EventObject: []byte(oldPage)})
}

func (f *function) remove(t *testing.T, etag string) (*cloudfront.DeleteFunctionOutput, error) {
	return f.control.DeleteFunction(t.Context(), &cloudfront.DeleteFunctionInput{Name: &f.name, IfMatch: &etag})
}

// has checks the code of a stage.
func (f *function) has(t *testing.T, stage types.FunctionStage, code string) {
	t.Helper()
	answer, err := f.code(t, stage)
	check(t, err)
	status(t, answer.ResultMetadata, 200)
	equal(t, "code", string(answer.FunctionCode), code)
}

// redirects runs a stage, and checks that it has read the store and what it made of that.
func (f *function) redirects(t *testing.T, stage types.FunctionStage, etag string, code int) {
	t.Helper()
	answer, err := f.test(t, stage, etag)
	check(t, err)
	status(t, answer.ResultMetadata, 200)
	result := answer.TestResult
	equal(t, "error", *result.FunctionErrorMessage, "")
	equal(t, "stage", result.FunctionSummary.FunctionMetadata.Stage, stage)
	if compute, err := strconv.Atoi(*result.ComputeUtilization); err != nil || compute < 1 || compute > 100 {
		t.Fatalf("compute utilization: %s", *result.ComputeUtilization)
	}
	equalSlices(t, "logs", result.FunctionExecutionLogs, []string{"/old é to /new?<1>&2"})
	var output struct {
		Response struct {
			StatusCode int
			Headers    map[string]struct{ Value string }
		}
	}
	check(t, json.Unmarshal([]byte(*result.FunctionOutput), &output))
	equal(t, "status code", output.Response.StatusCode, code)
	equal(t, "location", output.Response.Headers["location"].Value, "/new?<1>&2")
}

// functions are the names and stages of all functions.
func (c *caller) functions(t *testing.T, stage types.FunctionStage) []string {
	t.Helper()
	answer, err := c.control.ListFunctions(t.Context(), &cloudfront.ListFunctionsInput{Stage: stage})
	check(t, err)
	equal(t, "quantity", int(*answer.FunctionList.Quantity), len(answer.FunctionList.Items))
	var found []string
	for _, item := range answer.FunctionList.Items {
		found = append(found, *item.Name+" "+string(item.FunctionMetadata.Stage))
	}
	return found
}

func TestStoryOfAFunction(t *testing.T) {
	const development, live = types.FunctionStageDevelopment, types.FunctionStageLive
	c := freshCaller(t)
	s := newStore(t, c, nil)
	_, err := s.put(t, "/old é", "/new?<1>&2")
	check(t, err)
	f := &function{caller: c, name: newName(), config: types.FunctionConfig{
		Comment: aws.String("old to new"),
		Runtime: types.FunctionRuntimeCloudfrontJs20,
		KeyValueStoreAssociations: &types.KeyValueStoreAssociations{
			Quantity: aws.Int32(1),
			Items:    []types.KeyValueStoreAssociation{{KeyValueStoreARN: &s.arn}},
		},
	}}

	_, err = f.describe(t, "")
	refused[*types.NoSuchFunctionExists](t, err, 404, noFunction)
	created, err := f.create(t, redirect)
	check(t, err)
	status(t, created.ResultMetadata, 201)
	matches(t, "ETag", controlETag, created.ETag)
	equal(t, "location", *created.Location, endpoint+"/2020-05-31/function/"+f.name)
	summary := created.FunctionSummary
	equal(t, "name", *summary.Name, f.name)
	equal(t, "status", *summary.Status, "UNPUBLISHED")
	equal(t, "comment", *summary.FunctionConfig.Comment, "old to new")
	equal(t, "runtime", summary.FunctionConfig.Runtime, f.config.Runtime)
	equal(t, "stores", len(summary.FunctionConfig.KeyValueStoreAssociations.Items), 1)
	equal(t, "store", *summary.FunctionConfig.KeyValueStoreAssociations.Items[0].KeyValueStoreARN, s.arn)
	equal(t, "ARN", *summary.FunctionMetadata.FunctionARN, "arn:aws:cloudfront::"+c.account+":function/"+f.name)
	equal(t, "stage", summary.FunctionMetadata.Stage, development)
	if age := time.Since(*summary.FunctionMetadata.CreatedTime).Abs(); age > time.Minute {
		t.Fatalf("it was made %v ago", age)
	}

	described, err := f.describe(t, "")
	check(t, err)
	equal(t, "ETag", *described.ETag, *created.ETag)
	equal(t, "time", *described.FunctionSummary.FunctionMetadata.LastModifiedTime, *summary.FunctionMetadata.LastModifiedTime)
	f.has(t, development, redirect)
	f.redirects(t, development, *created.ETag, 302)
	_, err = f.code(t, live)
	refused[*types.NoSuchFunctionExists](t, err, 404, nil)

	published, err := f.control.PublishFunction(t.Context(), &cloudfront.PublishFunctionInput{Name: &f.name, IfMatch: created.ETag})
	check(t, err)
	status(t, published.ResultMetadata, 200)
	equal(t, "status", *published.FunctionSummary.Status, "UNASSOCIATED")
	equal(t, "stage", published.FunctionSummary.FunctionMetadata.Stage, live)

	permanent := strings.Replace(redirect, "302", "301", 1)
	updated, err := f.update(t, permanent, *created.ETag)
	check(t, err)
	status(t, updated.ResultMetadata, 200)
	matches(t, "ETag", controlETag, updated.ETag)
	equal(t, "the version stays", *updated.ETag == *created.ETag, false)
	equal(t, "status", *updated.FunctionSummary.Status, "UNPUBLISHED")
	_, err = f.update(t, permanent, *created.ETag)
	refused[*types.PreconditionFailed](t, err, 412, staleControl)
	_, err = f.test(t, development, *created.ETag)
	refused[*types.InvalidIfMatchVersion](t, err, 400, badIfMatch)

	f.has(t, development, permanent)
	f.redirects(t, development, *updated.ETag, 301)
	f.has(t, live, redirect)
	described, err = f.describe(t, live)
	check(t, err)
	f.redirects(t, live, *described.ETag, 302)
	equalSlices(t, "functions", c.functions(t, ""), []string{f.name + " DEVELOPMENT", f.name + " LIVE"})
	equalSlices(t, "functions", c.functions(t, live), []string{f.name + " LIVE"})

	store := *c.settled(t, s.name).ETag
	_, err = c.remove(t, s.name, store)
	refused[*types.CannotDeleteEntityWhileInUse](t, err, 409, nil)
	_, err = f.remove(t, *described.ETag)
	refused[*types.PreconditionFailed](t, err, 412, staleControl)
	deleted, err := f.remove(t, *updated.ETag)
	check(t, err)
	status(t, deleted.ResultMetadata, 204)
	equalSlices(t, "functions", c.functions(t, ""), nil)
	_, err = f.remove(t, *updated.ETag)
	refused[*types.NoSuchFunctionExists](t, err, 404, noFunction)
	_, err = c.remove(t, s.name, store)
	check(t, err)
}
