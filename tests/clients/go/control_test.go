package clients_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

func (c *caller) create(t *testing.T, input cloudfront.CreateKeyValueStoreInput) (*cloudfront.CreateKeyValueStoreOutput, error) {
	return c.control.CreateKeyValueStore(t.Context(), &input)
}

func (c *caller) describe(t *testing.T, name string) (*cloudfront.DescribeKeyValueStoreOutput, error) {
	return c.control.DescribeKeyValueStore(t.Context(), &cloudfront.DescribeKeyValueStoreInput{Name: &name})
}

func (c *caller) update(t *testing.T, name, comment, etag string) (*cloudfront.UpdateKeyValueStoreOutput, error) {
	return c.control.UpdateKeyValueStore(t.Context(), &cloudfront.UpdateKeyValueStoreInput{Name: &name, Comment: &comment, IfMatch: &etag})
}

func (c *caller) remove(t *testing.T, name, etag string) (*cloudfront.DeleteKeyValueStoreOutput, error) {
	return c.control.DeleteKeyValueStore(t.Context(), &cloudfront.DeleteKeyValueStoreInput{Name: &name, IfMatch: &etag})
}

func (c *caller) list(t *testing.T, input cloudfront.ListKeyValueStoresInput) (*cloudfront.ListKeyValueStoresOutput, error) {
	return c.control.ListKeyValueStores(t.Context(), &input)
}

func (c *caller) tags(t *testing.T, arn string) []string {
	t.Helper()
	answer, err := c.control.ListTagsForResource(t.Context(), &cloudfront.ListTagsForResourceInput{Resource: &arn})
	check(t, err)
	status(t, answer.ResultMetadata, 200)
	var found []string
	for _, tag := range answer.Tags.Items {
		found = append(found, *tag.Key+"="+aws.ToString(tag.Value))
	}
	slices.Sort(found)
	return found
}

// pages are the names of all stores, by the paginator; a blank is between two names.
func (c *caller) pages(t *testing.T, size int32, filter *string) []string {
	t.Helper()
	var pages []string
	paginator := cloudfront.NewListKeyValueStoresPaginator(c.control, &cloudfront.ListKeyValueStoresInput{Status: filter},
		func(o *cloudfront.ListKeyValueStoresPaginatorOptions) { o.Limit = size })
	for paginator.HasMorePages() {
		page, err := paginator.NextPage(t.Context())
		check(t, err)
		equal(t, "quantity", int(*page.KeyValueStoreList.Quantity), len(page.KeyValueStoreList.Items))
		equal(t, "most items", *page.KeyValueStoreList.MaxItems, size)
		var names []string
		for _, store := range page.KeyValueStoreList.Items {
			names = append(names, *store.Name)
		}
		pages = append(pages, strings.Join(names, " "))
	}
	return pages
}

func TestStoryOfAStore(t *testing.T) {
	storyOfAStore(t, testCaller(t), endpoint)
}

func storyOfAStore(t *testing.T, c *caller, location string) {
	name := newName()
	created, err := c.create(t, cloudfront.CreateKeyValueStoreInput{
		Name:    &name,
		Comment: aws.String("old to new"),
		Tags:    &types.Tags{Items: []types.Tag{{Key: aws.String("team"), Value: aws.String("edge")}}},
	})
	check(t, err)
	status(t, created.ResultMetadata, 201)
	store := created.KeyValueStore
	equal(t, "name", *store.Name, name)
	equal(t, "comment", *store.Comment, "old to new")
	equal(t, "status", *store.Status, "PROVISIONING")
	matches(t, "id", uuid, store.Id)
	equal(t, "ARN", *store.ARN, "arn:aws:cloudfront::"+c.account+":key-value-store/"+*store.Id)
	if age := time.Since(*store.LastModifiedTime).Abs(); age > time.Minute {
		t.Fatalf("it was made %v ago", age)
	}
	matches(t, "ETag", controlETag, created.ETag)
	equal(t, "location", *created.Location, location+"/2020-05-31/key-value-store/"+*store.ARN)

	ready := c.settled(t, name)
	status(t, ready.ResultMetadata, 200)
	equal(t, "status", *ready.KeyValueStore.Status, "READY")
	equal(t, "ARN", *ready.KeyValueStore.ARN, *store.ARN)
	matches(t, "ETag", controlETag, ready.ETag)
	if *ready.ETag == *created.ETag {
		t.Fatal("becoming READY is no new version")
	}
	listed := strings.Fields(strings.Join(c.pages(t, 100, nil), " "))
	equal(t, "it is listed", slices.Contains(listed, name), true)

	updated, err := c.update(t, name, "newer", *ready.ETag)
	check(t, err)
	status(t, updated.ResultMetadata, 200)
	equal(t, "comment", *updated.KeyValueStore.Comment, "newer")
	matches(t, "ETag", controlETag, updated.ETag)
	described, err := c.describe(t, name)
	check(t, err)
	equal(t, "ETag", *described.ETag, *updated.ETag)
	equal(t, "comment", *described.KeyValueStore.Comment, "newer")
	equal(t, "time", *described.KeyValueStore.LastModifiedTime, *updated.KeyValueStore.LastModifiedTime)

	equalSlices(t, "tags", c.tags(t, *store.ARN), []string{"team=edge"})
	tagged, err := c.control.TagResource(t.Context(), &cloudfront.TagResourceInput{
		Resource: store.ARN,
		Tags: &types.Tags{Items: []types.Tag{
			{Key: aws.String("team"), Value: aws.String("größer +/=@")},
			{Key: aws.String("bare")},
		}},
	})
	check(t, err)
	status(t, tagged.ResultMetadata, 204)
	equalSlices(t, "tags", c.tags(t, *store.ARN), []string{"bare=", "team=größer +/=@"})
	untagged, err := c.control.UntagResource(t.Context(), &cloudfront.UntagResourceInput{
		Resource: store.ARN,
		TagKeys:  &types.TagKeys{Items: []string{"team", "never"}},
	})
	check(t, err)
	status(t, untagged.ResultMetadata, 204)
	equalSlices(t, "tags", c.tags(t, *store.ARN), []string{"bare="})

	_, err = c.remove(t, name, *ready.ETag)
	refused[*types.PreconditionFailed](t, err, 412, staleControl)
	deleted, err := c.remove(t, name, *updated.ETag)
	check(t, err)
	status(t, deleted.ResultMetadata, 204)
	_, err = c.describe(t, name)
	refused[*types.EntityNotFound](t, err, 404, nil)
	listed = strings.Fields(strings.Join(c.pages(t, 100, nil), " "))
	equal(t, "it is listed", slices.Contains(listed, name), false)
}

func TestCommentIsKeptToTheCharacter(t *testing.T) {
	c := freshCaller(t)
	for _, comment := range []string{"", " two  blanks ", "<a&b>\"'é]]>", "line\nline\ttab\r\u2028", strings.Repeat("😀", 128)} {
		name := newName()
		created, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: &name, Comment: &comment})
		check(t, err)
		equal(t, "comment", *created.KeyValueStore.Comment, comment)
		ready := c.settled(t, name)
		equal(t, "comment", *ready.KeyValueStore.Comment, comment)
		_, err = c.remove(t, name, *ready.ETag)
		check(t, err)
	}
}

func TestCommentThatWasNeverGivenIsAbsent(t *testing.T) {
	c := freshCaller(t)
	name := newName()
	created, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: &name})
	check(t, err)
	equal(t, "comment", created.KeyValueStore.Comment, nil)
	equal(t, "comment", c.settled(t, name).KeyValueStore.Comment, nil)
}

func TestStoresComeInPages(t *testing.T) {
	c := freshCaller(t)
	answer, err := c.list(t, cloudfront.ListKeyValueStoresInput{})
	check(t, err)
	equal(t, "quantity", *answer.KeyValueStoreList.Quantity, 0)
	equal(t, "most items", *answer.KeyValueStoreList.MaxItems, 100)
	equalSlices(t, "no stores", c.pages(t, 2, nil), []string{""})
	names := []string{"b", "a", "B", "0", "c"}
	for _, name := range names {
		_, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: &name})
		check(t, err)
	}
	for _, name := range names {
		c.settled(t, name)
	}
	equalSlices(t, "pages", c.pages(t, 2, nil), []string{"0 B", "a b", "c"})
	equalSlices(t, "READY", c.pages(t, 5, aws.String("READY")), []string{"0 B a b c"})
	equalSlices(t, "PROVISIONING", c.pages(t, 5, aws.String("PROVISIONING")), []string{""})
}

func TestImportThatFails(t *testing.T) {
	c := freshCaller(t)
	source := putObject(t, "broken.json", "{\"data\":[\n{\"key\":\"a\"}]}")
	_, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: aws.String("broken"), ImportSource: source})
	check(t, err)
	equal(t, "status", *c.settled(t, "broken").KeyValueStore.Status, "IMPORT_FAILED")
	equalSlices(t, "IMPORT_FAILED", c.pages(t, 5, aws.String("IMPORT_FAILED")), []string{"broken"})
}

func TestAnyRegionSigns(t *testing.T) {
	storyOfAStore(t, newCaller(t, settings{region: "eu-west-1", client: client()}), endpoint)
	t.Setenv("AWS_REGION", "")
	storyOfAStore(t, testCaller(t), endpoint)
}

func TestAnAccountIsAnAccessKeyOfItself(t *testing.T) {
	storyOfAStore(t, newCaller(t, settings{key: "123456789012", client: client()}), endpoint)
}

func TestEntityAlreadyExists(t *testing.T) {
	c := freshCaller(t)
	_, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: aws.String("one")})
	check(t, err)
	_, err = c.create(t, cloudfront.CreateKeyValueStoreInput{Name: aws.String("one")})
	refused[*types.EntityAlreadyExists](t, err, 409, "The entity already exists. You must provide a unique entity.")
}

func TestEntityLimitExceeded(t *testing.T) {
	c := freshCaller(t)
	for n := range storesPerAccount {
		_, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: aws.String(strconv.Itoa(n))})
		check(t, err)
	}
	_, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: aws.String("more")})
	refused[*types.EntityLimitExceeded](t, err, 400, "The entity limit has been exceeded.")
}

func TestEntitySizeLimitExceeded(t *testing.T) {
	_, err := freshCaller(t).create(t, cloudfront.CreateKeyValueStoreInput{
		Name:    aws.String("huge"),
		Comment: aws.String(strings.Repeat("x", 500_000)),
	})
	refused[*types.EntitySizeLimitExceeded](t, err, 413, "The entity size limit was exceeded.")
}

func TestEntityNotFound(t *testing.T) {
	c := freshCaller(t)
	const text = "The key value store entity was not found."
	_, err := c.describe(t, "none")
	refused[*types.EntityNotFound](t, err, 404, text)
	_, err = c.update(t, "none", "", otherControlETag)
	refused[*types.EntityNotFound](t, err, 404, text)
	_, err = c.remove(t, "none", otherControlETag)
	refused[*types.EntityNotFound](t, err, 404, text)
}

func TestInvalidArgument(t *testing.T) {
	c := freshCaller(t)
	for _, input := range []cloudfront.CreateKeyValueStoreInput{
		{Name: aws.String("a.b")},
		{Name: aws.String("a b")},
		{Name: aws.String("ä")},
		{Name: aws.String("")},
		{Name: aws.String(strings.Repeat("x", 65))},
		{Name: aws.String("a"), Comment: aws.String(strings.Repeat("x", 129))},
		{Name: aws.String("a"), ImportSource: &types.ImportSource{SourceType: "S3", SourceARN: aws.String("nonsense")}},
		{Name: aws.String("a"), Tags: &types.Tags{Items: []types.Tag{{Key: aws.String("aws:mine")}}}},
	} {
		_, err := c.create(t, input)
		refused[*types.InvalidArgument](t, err, 400, nil)
	}
	_, err := c.describe(t, "a/b")
	refused[*types.InvalidArgument](t, err, 400, nil)
	_, err = c.list(t, cloudfront.ListKeyValueStoresInput{Status: aws.String("nonsense")})
	refused[*types.InvalidArgument](t, err, 400, nil)
	_, err = c.list(t, cloudfront.ListKeyValueStoresInput{MaxItems: aws.Int32(0)})
	refused[*types.InvalidArgument](t, err, 400, nil)
	equalSlices(t, "stores", c.pages(t, 5, nil), []string{""})
}

func TestInvalidIfMatchVersionAndPreconditionFailed(t *testing.T) {
	c := freshCaller(t)
	_, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: aws.String("one")})
	check(t, err)
	etag := *c.settled(t, "one").ETag
	// The empty one is sent as an empty header.
	for _, bad := range []string{"", "*", "nonsense", `W/"` + etag + `"`} {
		_, err := c.update(t, "one", "c", bad)
		refused[*types.InvalidIfMatchVersion](t, err, 400, badIfMatch)
		_, err = c.remove(t, "one", bad)
		refused[*types.InvalidIfMatchVersion](t, err, 400, badIfMatch)
	}
	for _, stale := range []string{otherControlETag, otherDataETag} {
		_, err := c.update(t, "one", "c", stale)
		refused[*types.PreconditionFailed](t, err, 412, staleControl)
		_, err = c.remove(t, "one", stale)
		refused[*types.PreconditionFailed](t, err, 412, staleControl)
	}
	quoted, err := c.update(t, "one", "c", `"`+etag+`"`)
	check(t, err)
	equal(t, "comment", *quoted.KeyValueStore.Comment, "c")
}

func TestErrorsOfTags(t *testing.T) {
	c := freshCaller(t)
	created, err := c.create(t, cloudfront.CreateKeyValueStoreInput{Name: aws.String("one")})
	check(t, err)
	arn := *created.KeyValueStore.ARN
	tags := func(key string) *types.Tags {
		return &types.Tags{Items: []types.Tag{{Key: &key, Value: aws.String("v")}}}
	}
	_, err = c.control.TagResource(t.Context(), &cloudfront.TagResourceInput{Resource: &arn, Tags: tags("a*")})
	refused[*types.InvalidTagging](t, err, 400, nil)
	equalSlices(t, "tags", c.tags(t, arn), nil)
	each := func(arn string, judge func(error)) {
		_, err := c.control.ListTagsForResource(t.Context(), &cloudfront.ListTagsForResourceInput{Resource: &arn})
		judge(err)
		_, err = c.control.TagResource(t.Context(), &cloudfront.TagResourceInput{Resource: &arn, Tags: tags("k")})
		judge(err)
		_, err = c.control.UntagResource(t.Context(), &cloudfront.UntagResourceInput{Resource: &arn, TagKeys: &types.TagKeys{Items: []string{"k"}}})
		judge(err)
	}
	each(c.arn(), func(err error) {
		refused[*types.NoSuchResource](t, err, 404, "A resource that was specified is not valid.")
	})
	each(freshCaller(t).arn(), func(err error) { refused[*types.AccessDenied](t, err, 403, nil) })
	each("nonsense", func(err error) { refused[*types.InvalidArgument](t, err, 400, nil) })
}

func TestUnsupportedOperation(t *testing.T) {
	_, err := testCaller(t).control.ListVpcOrigins(t.Context(), &cloudfront.ListVpcOriginsInput{})
	refused[*types.UnsupportedOperation](t, err, 400, regexp.MustCompile(`GET.*/2020-05-31/vpc-origin`))
}

func TestWrongCredentialsOfTheControlPlane(t *testing.T) {
	_, err := newCaller(t, settings{secret: "wrong", client: client()}).list(t, cloudfront.ListKeyValueStoresInput{})
	refusedAs(t, err, "SignatureDoesNotMatch", 403)
	_, err = newCaller(t, settings{key: "AKIANOBODY", client: client()}).list(t, cloudfront.ListKeyValueStoresInput{})
	refusedAs(t, err, "InvalidClientTokenId", 403)
}
