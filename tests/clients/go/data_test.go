package clients_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	kvs "github.com/aws/aws-sdk-go-v2/service/cloudfrontkeyvaluestore"
	"github.com/aws/aws-sdk-go-v2/service/cloudfrontkeyvaluestore/types"
)

// store is one that is READY, as its caller sees it; it knows its newest version.
type store struct {
	*caller
	name, arn, etag string
}

func newStore(t *testing.T, c *caller, source *cftypes.ImportSource) *store {
	t.Helper()
	name := newName()
	created, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: &name, ImportSource: source})
	check(t, err)
	c.settled(t, name)
	s := &store{caller: c, name: name, arn: *created.KeyValueStore.ARN}
	s.etag = *s.description(t).ETag
	return s
}

func (s *store) description(t *testing.T) *kvs.DescribeKeyValueStoreOutput {
	t.Helper()
	answer, err := s.data.DescribeKeyValueStore(t.Context(), &kvs.DescribeKeyValueStoreInput{KvsARN: &s.arn})
	check(t, err)
	status(t, answer.ResultMetadata, 200)
	return answer
}

func (s *store) get(t *testing.T, key string) (*kvs.GetKeyOutput, error) {
	return s.data.GetKey(t.Context(), &kvs.GetKeyInput{KvsARN: &s.arn, Key: &key})
}

func (s *store) put(t *testing.T, key, value string) (*kvs.PutKeyOutput, error) {
	answer, err := s.data.PutKey(t.Context(), &kvs.PutKeyInput{KvsARN: &s.arn, Key: &key, Value: &value, IfMatch: &s.etag})
	if err == nil {
		status(t, answer.ResultMetadata, 200)
		s.moved(t, answer.ETag)
	}
	return answer, err
}

func (s *store) delete(t *testing.T, key string) (*kvs.DeleteKeyOutput, error) {
	answer, err := s.data.DeleteKey(t.Context(), &kvs.DeleteKeyInput{KvsARN: &s.arn, Key: &key, IfMatch: &s.etag})
	if err == nil {
		status(t, answer.ResultMetadata, 200)
		s.moved(t, answer.ETag)
	}
	return answer, err
}

func (s *store) change(t *testing.T, puts [][2]string, deletes []string) (*kvs.UpdateKeysOutput, error) {
	input := &kvs.UpdateKeysInput{KvsARN: &s.arn, IfMatch: &s.etag}
	for _, put := range puts {
		input.Puts = append(input.Puts, types.PutKeyRequestListItem{Key: &put[0], Value: &put[1]})
	}
	for _, key := range deletes {
		input.Deletes = append(input.Deletes, types.DeleteKeyRequestListItem{Key: &key})
	}
	answer, err := s.data.UpdateKeys(t.Context(), input)
	if err == nil {
		status(t, answer.ResultMetadata, 200)
		s.moved(t, answer.ETag)
	}
	return answer, err
}

func (s *store) moved(t *testing.T, etag *string) {
	t.Helper()
	matches(t, "ETag", dataETag, etag)
	s.etag = *etag
}

// at is the same store at another version.
func (s *store) at(etag string) *store {
	other := *s
	other.etag = etag
	return &other
}

// keys are the pages of keys and values, by the paginator.
func (s *store) keys(t *testing.T, size int32) [][][2]string {
	t.Helper()
	var pages [][][2]string
	paginator := kvs.NewListKeysPaginator(s.data, &kvs.ListKeysInput{KvsARN: &s.arn},
		func(o *kvs.ListKeysPaginatorOptions) { o.Limit = size })
	for paginator.HasMorePages() {
		page, err := paginator.NextPage(t.Context())
		check(t, err)
		items := [][2]string{}
		for _, item := range page.Items {
			items = append(items, [2]string{*item.Key, *item.Value})
		}
		pages = append(pages, items)
	}
	return pages
}

// holds checks every key, its value, the counts and the sizes.
func (s *store) holds(t *testing.T, contents map[string]string) {
	t.Helper()
	var expected [][2]string
	size := 0
	for _, key := range slices.Sorted(maps.Keys(contents)) {
		expected = append(expected, [2]string{key, contents[key]})
		size += len(key) + len(contents[key])
	}
	equalSlices(t, "contents", slices.Concat(s.keys(t, 50)...), expected)
	description := s.description(t)
	equal(t, "items", int(*description.ItemCount), len(contents))
	equal(t, "bytes", int(*description.TotalSizeInBytes), size)
	equal(t, "ETag", *description.ETag, s.etag)
}

// each calls every operation on the store, and gives its error to judge.
func (s *store) each(t *testing.T, judge func(operation string, err error)) {
	t.Helper()
	_, err := s.data.DescribeKeyValueStore(t.Context(), &kvs.DescribeKeyValueStoreInput{KvsARN: &s.arn})
	judge("DescribeKeyValueStore", err)
	_, err = s.data.ListKeys(t.Context(), &kvs.ListKeysInput{KvsARN: &s.arn})
	judge("ListKeys", err)
	_, err = s.get(t, "a")
	judge("GetKey", err)
	s.eachWrite(t, judge)
}

func (s *store) eachWrite(t *testing.T, judge func(operation string, err error)) {
	t.Helper()
	_, err := s.put(t, "a", "1")
	judge("PutKey", err)
	_, err = s.delete(t, "a")
	judge("DeleteKey", err)
	_, err = s.change(t, [][2]string{{"a", "1"}}, nil)
	judge("UpdateKeys", err)
}

func TestStoryOfKeys(t *testing.T) {
	storyOfKeys(t, testCaller(t))
}

func storyOfKeys(t *testing.T, c *caller) {
	s := newStore(t, c, nil)
	empty := s.description(t)
	matches(t, "ETag", dataETag, empty.ETag)
	equal(t, "ARN", *empty.KvsARN, s.arn)
	equal(t, "status", *empty.Status, "READY")
	equal(t, "reason", empty.FailureReason, nil)
	equal(t, "items", *empty.ItemCount, 0)
	equal(t, "bytes", *empty.TotalSizeInBytes, 0)
	if age := time.Since(*empty.Created).Abs(); age > time.Minute {
		t.Fatalf("it was made %v ago", age)
	}
	equal(t, "it was changed before it was made", empty.LastModified.Before(*empty.Created), false)

	put, err := s.put(t, "/sample", "sample")
	check(t, err)
	equal(t, "items", *put.ItemCount, 1)
	equal(t, "bytes", *put.TotalSizeInBytes, 13)
	got, err := s.get(t, "/sample")
	check(t, err)
	status(t, got.ResultMetadata, 200)
	equal(t, "key", *got.Key, "/sample")
	equal(t, "value", *got.Value, "sample")
	equal(t, "items", *got.ItemCount, 1)
	equal(t, "bytes", *got.TotalSizeInBytes, 13)

	changed, err := s.change(t, [][2]string{{"b", "2"}, {"c", "3"}}, []string{"/sample", "never"})
	check(t, err)
	equal(t, "items", *changed.ItemCount, 2)
	equal(t, "bytes", *changed.TotalSizeInBytes, 4)
	s.holds(t, map[string]string{"b": "2", "c": "3"})
	deleted, err := s.delete(t, "b")
	check(t, err)
	equal(t, "items", *deleted.ItemCount, 1)
	equal(t, "bytes", *deleted.TotalSizeInBytes, 2)
	s.holds(t, map[string]string{"c": "3"})
	equal(t, "creation", *s.description(t).Created, *empty.Created)
}

func TestEachVersionIsUsedOnce(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	seen := []string{s.etag}
	for _, write := range []func() error{
		func() error { _, err := s.put(t, "a", "1"); return err },
		func() error { _, err := s.put(t, "a", "1"); return err },
		func() error { _, err := s.change(t, [][2]string{{"b", ""}}, nil); return err },
		func() error { _, err := s.delete(t, "a"); return err },
	} {
		check(t, write())
		equal(t, "the version was seen before", slices.Contains(seen, s.etag), false)
		seen = append(seen, s.etag)
	}
	for _, stale := range seen[:4] {
		s.at(stale).eachWrite(t, func(_ string, err error) {
			refused[*types.ValidationException](t, err, 400, staleData)
		})
	}
	// Nothing to do: the version stays. One in quotes is the same.
	before := s.etag
	_, err := s.change(t, nil, []string{"never"})
	check(t, err)
	_, err = s.change(t, nil, nil)
	check(t, err)
	equal(t, "ETag", s.etag, before)
	s.etag = `"` + before + `"`
	_, err = s.put(t, "a", "2")
	check(t, err)
	s.holds(t, map[string]string{"a": "2", "b": ""})
}

func TestKeysAreExactBytes(t *testing.T) {
	keysAreExactBytes(t, freshCaller(t))
}

func keysAreExactBytes(t *testing.T, c *caller) {
	s := newStore(t, c, nil)
	contents := map[string]string{}
	var puts [][2]string
	for n, key := range awkwardKeys {
		contents[key] = fmt.Sprint("value ", n)
		puts = append(puts, [2]string{key, contents[key]})
		_, err := s.put(t, key, contents[key])
		check(t, err)
	}
	for key, value := range contents {
		got, err := s.get(t, key)
		check(t, err)
		equal(t, "key", *got.Key, key)
		equal(t, "value", *got.Value, value)
	}
	s.holds(t, contents)
	for _, key := range awkwardKeys {
		_, err := s.delete(t, key)
		check(t, err)
		_, err = s.get(t, key)
		refused[*types.ResourceNotFoundException](t, err, 404, nil)
	}
	s.holds(t, nil)
	_, err := s.change(t, puts, nil)
	check(t, err)
	s.holds(t, contents)
	_, err = s.change(t, nil, awkwardKeys)
	check(t, err)
	s.holds(t, nil)
}

func TestValuesAreExactBytes(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	for _, value := range []string{"", " ", "é😀\u2028", `{"json": [1, "two"]}`, "line\n\ttab\\\"\x01", strings.Repeat("x", 1024)} {
		_, err := s.put(t, "put", value)
		check(t, err)
		_, err = s.change(t, [][2]string{{"updated", value}}, nil)
		check(t, err)
		got, err := s.get(t, "put")
		check(t, err)
		equal(t, "value", *got.Value, value)
		s.holds(t, map[string]string{"put": value, "updated": value})
	}
}

func TestKeysComeInPages(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	equal(t, "pages", fmt.Sprint(s.keys(t, 10)), "[[]]")
	contents := map[string]string{"\uffff": "1", "\U00010000": "2", "é": "3", "B": "4"}
	for n := range 23 {
		contents[strconv.Itoa(n)] = "v"
	}
	var puts [][2]string
	for key, value := range contents {
		puts = append(puts, [2]string{key, value})
	}
	_, err := s.change(t, puts, nil)
	check(t, err)
	s.holds(t, contents)
	for size, expected := range map[int32][]int{10: {10, 10, 7}, 9: {9, 9, 9}} {
		var sizes []int
		for _, page := range s.keys(t, size) {
			sizes = append(sizes, len(page))
		}
		equalSlices(t, "pages", sizes, expected)
	}
	first, err := s.data.ListKeys(t.Context(), &kvs.ListKeysInput{KvsARN: &s.arn})
	check(t, err)
	equal(t, "the first page", len(first.Items), 10)
	rest, err := s.data.ListKeys(t.Context(), &kvs.ListKeysInput{KvsARN: &s.arn, NextToken: first.NextToken, MaxResults: aws.Int32(50)})
	check(t, err)
	equal(t, "the rest", len(rest.Items), 17)
	equal(t, "token", rest.NextToken, nil)
}

func TestImportFromABucket(t *testing.T) {
	type item struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	contents := map[string]string{}
	var items []item
	for n, key := range awkwardKeys {
		contents[key] = fmt.Sprint("value ", n)
		items = append(items, item{key, contents[key]})
	}
	text, err := json.Marshal(map[string][]item{"data": items})
	check(t, err)
	s := newStore(t, testCaller(t), putObject(t, "sp ace +%é-"+newName()+".json", string(text)))
	s.holds(t, contents)
	_, err = s.put(t, "new", "1")
	check(t, err)
	got, err := s.get(t, ".")
	check(t, err)
	equal(t, "value", *got.Value, contents["."])
}

func TestImportThatFailsSaysWhy(t *testing.T) {
	text := "{\"data\":[\n{\"key\":\"a\",\"value\":\"1\"},\n{\"key\":\"a\",\"value\":\"2\"}]}"
	s := newStore(t, freshCaller(t), putObject(t, newName()+".json", text))
	description := s.description(t)
	equal(t, "status", *description.Status, "IMPORT_FAILED")
	matches(t, "reason", regexp.MustCompile(`"a"`), description.FailureReason)
	s.each(t, func(operation string, err error) {
		if operation == "DescribeKeyValueStore" {
			check(t, err)
		} else {
			refused[*types.ConflictException](t, err, 409, wrongState)
		}
	})
}

func TestAnyRegionSignsTheDataPlane(t *testing.T) {
	storyOfKeys(t, newCaller(t, settings{region: "eu-west-1", client: client()}))
	t.Setenv("AWS_REGION", "")
	storyOfKeys(t, testCaller(t))
}

func TestConflictException(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	_, err := s.remove(t, s.name, *s.settled(t, s.name).ETag)
	check(t, err)
	s.each(t, func(operation string, err error) {
		if operation == "GetKey" {
			refused[*types.ResourceNotFoundException](t, err, 404, "Resource was not found.")
		} else {
			refused[*types.ConflictException](t, err, 409, wrongState)
		}
	})
}

func TestResourceNotFoundException(t *testing.T) {
	const text = "Resource was not found."
	c := freshCaller(t)
	none := &store{caller: c, arn: c.arn(), etag: otherDataETag}
	none.each(t, func(_ string, err error) { refused[*types.ResourceNotFoundException](t, err, 404, text) })
	s := newStore(t, c, nil)
	_, err := s.get(t, "none")
	refused[*types.ResourceNotFoundException](t, err, 404, text)
	_, err = s.delete(t, "none")
	refused[*types.ResourceNotFoundException](t, err, 404, text)
}

func TestAccessDeniedException(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	stranger := &store{caller: freshCaller(t), arn: s.arn, etag: s.etag}
	stranger.each(t, func(_ string, err error) { refused[*types.AccessDeniedException](t, err, 403, nil) })
	s.holds(t, nil)
}

func TestValidationException(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	// The empty one is sent as an empty header.
	for _, bad := range []string{"", "*", "nonsense", `W/"` + s.etag + `"`} {
		s.at(bad).eachWrite(t, func(_ string, err error) { refused[*types.ValidationException](t, err, 400, nil) })
	}
	_, err := s.put(t, strings.Repeat("x", 1025), "")
	refused[*types.ValidationException](t, err, 400, nil)
	_, err = s.change(t, [][2]string{{"a", "1"}, {"a", "2"}}, nil)
	refused[*types.ValidationException](t, err, 400, nil)
	_, err = s.change(t, [][2]string{{"a", "1"}}, []string{"a"})
	refused[*types.ValidationException](t, err, 400, nil)
	_, err = s.data.ListKeys(t.Context(), &kvs.ListKeysInput{KvsARN: &s.arn, MaxResults: aws.Int32(51)})
	refused[*types.ValidationException](t, err, 400, nil)
	_, err = s.data.ListKeys(t.Context(), &kvs.ListKeysInput{KvsARN: &s.arn, NextToken: aws.String("é")})
	refused[*types.ValidationException](t, err, 400, nil)
	s.holds(t, nil)
}

func TestServiceQuotaExceededException(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	long := strings.Repeat("x", 1025)
	_, err := s.put(t, "a", long)
	refused[*types.ServiceQuotaExceededException](t, err, 402, valueTooBig)
	_, err = s.change(t, [][2]string{{"a", "1"}, {"b", long}}, nil)
	refused[*types.ServiceQuotaExceededException](t, err, 402, valueTooBig)
	_, err = s.put(t, strings.Repeat("é", 256)+"x", "")
	refused[*types.ServiceQuotaExceededException](t, err, 402, quota)
	contents := map[string]string{}
	var fifty [][2]string
	for n := range 50 {
		contents[strconv.Itoa(n)] = ""
		fifty = append(fifty, [2]string{strconv.Itoa(n), ""})
	}
	_, err = s.change(t, fifty, []string{"more"})
	refused[*types.ServiceQuotaExceededException](t, err, 402, tooManyPairs)
	s.holds(t, nil)
	_, err = s.change(t, fifty, nil)
	check(t, err)
	s.holds(t, contents)
}

// A body that is refused before all of it has arrived: the answer arrives.
func TestBodyThatIsFarTooLarge(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	_, err := s.put(t, "a", strings.Repeat("x", 8_000_000))
	refused[*types.ServiceQuotaExceededException](t, err, 402, valueTooBig)
	_, err = s.put(t, "a", "1")
	check(t, err)
}

func TestWrongCredentialsOfTheDataPlane(t *testing.T) {
	s := newStore(t, testCaller(t), nil)
	for name, c := range map[string]*caller{
		"InvalidSignatureException":   newCaller(t, settings{secret: "wrong", client: client()}),
		"UnrecognizedClientException": newCaller(t, settings{key: "AKIANOBODY", client: client()}),
	} {
		stranger := &store{caller: c, arn: s.arn, etag: s.etag}
		stranger.each(t, func(_ string, err error) { refusedAs(t, err, name, 403) })
	}
	s.holds(t, nil)
}

// The SDK's text of an error is what other programs match on.
func TestTextOfTheSDK(t *testing.T) {
	s := newStore(t, freshCaller(t), nil)
	_, err := s.put(t, "a", strings.Repeat("x", 1025))
	pattern := regexp.MustCompile(`^operation error CloudFront KeyValueStore: PutKey, https response error StatusCode: 402, RequestID: [0-9a-f-]{36}, ServiceQuotaExceededException: Limit exceeded: `)
	message := fmt.Sprint(err)
	matches(t, "text", pattern, &message)
}
