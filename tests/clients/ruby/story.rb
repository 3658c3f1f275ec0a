# A store from its creation to its end by the AWS SDK for Ruby, and each of the data plane's modelled
# exceptions that a client can bring about. It takes everything from the environment, as `keyfront exec`
# sets it.

require "minitest/autorun"

require "aws-sdk-cloudfront"
require "aws-sdk-cloudfrontkeyvaluestore"

class Story < Minitest::Test
  KVS = Aws::CloudFrontKeyValueStore
  AWKWARD_KEYS = ["/", "/old/page", "a//b", " ", "pl+us", "per%cent", "%2F", "co:lon", "é", "😀", "?q=1#x", "~-_.!*'()"].freeze

  def setup
    # An error that the server would not repeat must not hide behind a retry.
    @control = Aws::CloudFront::Client.new(retry_limit: 0)
    @data = KVS::Client.new(retry_limit: 0)
    @name = "ruby-#{Process.pid}-#{rand(1_000_000_000)}"
    @arn = @control.create_key_value_store(name: @name).key_value_store.arn
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
    loop do
      @store = @control.describe_key_value_store(name: @name)
      break if @store.key_value_store.status == "READY"
      flunk "it is not READY within 20 s" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      sleep 0.02
    end
    @etag = @data.describe_key_value_store(kvs_arn: @arn).etag
  end

  def teardown
    @control.delete_key_value_store(name: @name, if_match: @store.etag)
    assert_raises(Aws::CloudFront::Errors::EntityNotFound) do
      @control.describe_key_value_store(name: @name)
    end
  end

  def put(key, value)
    @etag = @data.put_key(kvs_arn: @arn, key: key, value: value, if_match: @etag).etag
  end

  def get(key)
    @data.get_key(kvs_arn: @arn, key: key).value
  end

  def test_keys
    AWKWARD_KEYS.each do |key|
      put(key, "of #{key}")
      assert_equal "of #{key}", get(key)
    end
    puts = [{ key: "new", value: "1" }]
    deletes = AWKWARD_KEYS.map { |key| { key: key } }
    stale = @etag
    answer = @data.update_keys(kvs_arn: @arn, if_match: @etag, puts: puts, deletes: deletes)
    @etag = answer.etag
    items = @data.list_keys(kvs_arn: @arn).flat_map(&:items)
    assert_equal [%w[new 1]], items.map { |item| [item.key, item.value] }
    assert_raises(KVS::Errors::ValidationException) do
      @data.delete_key(kvs_arn: @arn, key: "new", if_match: stale)
    end
    assert_equal 0, @data.delete_key(kvs_arn: @arn, key: "new", if_match: @etag).item_count
  end

  def test_refusals
    error = assert_raises(KVS::Errors::ResourceNotFoundException) { get("absent") }
    refute_empty error.message
    assert_raises(KVS::Errors::ServiceQuotaExceededException) { put("a", "x" * 1025) }
    assert_raises(KVS::Errors::AccessDeniedException) do
      @data.get_key(kvs_arn: @arn.sub("000000000000", "999999999999"), key: "a")
    end
  end
end
