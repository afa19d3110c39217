#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/store/store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

// Every rule through the door that all engines share. A valid request is
// built, and one thing in it is broken.
class ValidationTest : public testing::Test {
 protected:
  absl::StatusOr<Version> Commit(const CommitRequest& request) {
    return store_.Commit(partition_, request);
  }
  CommitRequest Valid() {
    CommitRequest request;
    request.epoch = store_.Get(partition_, {}).value().epoch;
    request.expect = {{"a", kAbsent}};
    request.put = {{"a", "value"}};
    request.remove = {"b"};
    return request;
  }
  CommitRequest WithPuts(size_t count, const std::string& value) {
    CommitRequest request = Valid();
    request.put.clear();
    request.expect.clear();
    request.remove.clear();
    for (size_t i = 0; i < count; ++i) {
      request.put.push_back({"key/" + std::to_string(i), value});
    }
    return request;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  MemoryStore store_{clock_, random_};
  const Partition partition_ = Partition::Make("gate", "acme").value();
};

TEST_F(ValidationTest, AcceptsTheValidRequest) { EXPECT_OK(Commit(Valid())); }

TEST_F(ValidationTest, AcceptsEveryAllowedCharacter) {
  EXPECT_OK(store_.Get(partition_, {"azAZ09._~:/@=+-"}));
}

TEST_F(ValidationTest, AcceptsAKeyOf256Bytes) {
  EXPECT_OK(store_.Get(partition_, {std::string(256, 'k')}));
}

class BadKeyTest : public ValidationTest,
                   public testing::WithParamInterface<std::string> {};

TEST_P(BadKeyTest, IsRefusedInEveryPlace) {
  const auto refused = HasReason(reason::kStoreKeyInvalid);
  EXPECT_THAT(store_.Get(partition_, {"a", GetParam()}), refused);
  CommitRequest request = Valid();
  request.expect.push_back({GetParam(), 1});
  EXPECT_THAT(Commit(request), refused);
  request = Valid();
  request.put.push_back({GetParam(), "v"});
  EXPECT_THAT(Commit(request), refused);
  request = Valid();
  request.remove.push_back(GetParam());
  EXPECT_THAT(Commit(request), refused);
  EXPECT_THAT(store_.Publish(partition_, GetParam(), ""), refused);
  EXPECT_THAT(store_.Subscribe(partition_, GetParam(), [](const Hint&) {}),
              refused);
}

INSTANTIATE_TEST_SUITE_P(Keys, BadKeyTest,
                         testing::Values("", " ", "a b", "a\n", "a*", "a!b",
                                         "\xff", std::string("a\0b", 3),
                                         std::string(257, 'k')));

TEST_F(ValidationTest, RefusesAKeyOfAnotherPartition) {
  CommitRequest request = Valid();
  request.put.push_back({"{gate/other}:a", "v"});
  EXPECT_THAT(Commit(request), HasReason(reason::kStorePartitionMixed));
}

TEST_F(ValidationTest, RefusesACommitWithoutEpoch) {
  CommitRequest request = Valid();
  request.epoch.clear();
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreKeyInvalid));
}

TEST_F(ValidationTest, RefusesAnEpochThatIsNotHex) {
  CommitRequest request = Valid();
  request.epoch[39] = 'G';
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreKeyInvalid));
}

TEST_F(ValidationTest, RefusesAKeyTwiceInOneList) {
  CommitRequest request = Valid();
  request.put.push_back(request.put.front());
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreKeyInvalid));
  request = Valid();
  request.expect.push_back({"a", 3});
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreKeyInvalid));
}

TEST_F(ValidationTest, RefusesAKeyBothWrittenAndRemoved) {
  CommitRequest request = Valid();
  request.remove = {"a"};
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreKeyInvalid));
}

TEST_F(ValidationTest, AcceptsAValueOf256KiBAndRefusesOneByteMore) {
  CommitRequest request = Valid();
  request.put[0].value.assign(kMaxValueSize, 'v');
  EXPECT_OK(Commit(request));
  request.put[0].value.push_back('v');
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreLimit));
}

TEST_F(ValidationTest, Accepts4096KeysAndRefusesOneMore) {
  CommitRequest request = WithPuts(kMaxKeysPerCall, "v");
  EXPECT_OK(Commit(request));
  request.put.push_back({"one-more", "v"});
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreLimit));
}

TEST_F(ValidationTest, CountsAKeyThatIsComparedAndWrittenOnce) {
  CommitRequest request = WithPuts(kMaxKeysPerCall, "v");
  for (const Put& put : request.put) request.expect.push_back({put.key, 0});
  EXPECT_OK(Commit(request));
  request = WithPuts(kMaxKeysPerCall, "v");
  request.expect = {{"only-compared", kAbsent}};
  EXPECT_THAT(Commit(request), HasReason(reason::kStoreLimit));
}

TEST_F(ValidationTest, RefusesACommitOfMoreThan8MiB) {
  EXPECT_OK(Commit(WithPuts(31, std::string(kMaxValueSize, 'v'))));
  EXPECT_THAT(Commit(WithPuts(32, std::string(kMaxValueSize, 'v'))),
              HasReason(reason::kStoreLimit));
}

TEST_F(ValidationTest, RefusesToReadMoreThan4096Keys) {
  EXPECT_THAT(store_.Get(partition_, std::vector<std::string>(4097, "a")),
              HasReason(reason::kStoreLimit));
}

TEST_F(ValidationTest, RefusesScanLimitsOutside1To1000) {
  EXPECT_OK(store_.Scan(partition_, "", "", 1000));
  EXPECT_THAT(store_.Scan(partition_, "", "", 0),
              HasReason(reason::kStoreLimit));
  EXPECT_THAT(store_.Scan(partition_, "", "", 1001),
              HasReason(reason::kStoreLimit));
}

TEST_F(ValidationTest, RefusesAScanThatStartsOutsideItsPrefix) {
  EXPECT_OK(store_.Scan(partition_, "a/", "a/1", 1));
  EXPECT_THAT(store_.Scan(partition_, "a/", "b", 1),
              HasReason(reason::kStoreKeyInvalid));
}

TEST_F(ValidationTest, RefusesBadPrefixes) {
  EXPECT_THAT(store_.Scan(partition_, "a b", "", 1),
              HasReason(reason::kStoreKeyInvalid));
  EXPECT_THAT(store_.Scan(partition_, std::string(257, 'p'), "", 1),
              HasReason(reason::kStoreKeyInvalid));
  EXPECT_THAT(store_.Scan(partition_, "{gate/other}:", "", 1),
              HasReason(reason::kStorePartitionMixed));
}

TEST_F(ValidationTest, RefusesAHintOfMoreThan4KiB) {
  EXPECT_OK(store_.Publish(partition_, "t", std::string(4096, 'h')));
  EXPECT_THAT(store_.Publish(partition_, "t", std::string(4097, 'h')),
              HasReason(reason::kStoreLimit));
}

TEST_F(ValidationTest, DoesNothingWithoutTime) {
  EXPECT_THAT(store_.Now(absl::ZeroDuration()),
              HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(store_.Commit(partition_, Valid(), -absl::Seconds(1)),
              HasReason(reason::kStoreUnavailable));
  EXPECT_FALSE(store_.Get(partition_, {"a"}).value().entries[0].exists());
}

}  // namespace
}  // namespace u2fi::store
