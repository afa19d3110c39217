#include "tools/soft-token/key_handles.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::soft_token {
namespace {

const std::string kApplication(32, 'a');
const std::string kOtherApplication(32, 'b');
const std::string kNonce(32, 'n');

class KeyHandlesTest : public testing::Test {
 protected:
  std::string PointOf(const std::string& handle) {
    auto key = handles_.Open(kApplication, handle);
    EXPECT_OK(key);
    return key.ok() ? key->public_key().point() : "";
  }

  const KeyHandles handles_{std::string(32, 's')};
  const std::string handle_ = handles_.Make(kApplication, kNonce);
};

TEST_F(KeyHandlesTest, AHandleHas64Bytes) { EXPECT_EQ(handle_.size(), 64u); }

TEST_F(KeyHandlesTest, AHandleOpensToTheSameKeyEachTime) {
  EXPECT_EQ(PointOf(handle_), PointOf(handle_));
}

TEST_F(KeyHandlesTest, AnotherNonceIsAnotherKey) {
  EXPECT_NE(PointOf(handle_),
            PointOf(handles_.Make(kApplication, std::string(32, 'm'))));
}

TEST_F(KeyHandlesTest, AnotherApplicationIsAnotherKey) {
  ASSERT_OK_AND_ASSIGN(const auto key,
                       handles_.Open(kOtherApplication,
                                     handles_.Make(kOtherApplication, kNonce)));
  EXPECT_NE(key.public_key().point(), PointOf(handle_));
}

TEST_F(KeyHandlesTest, AHandleOpensForItsApplicationOnly) {
  EXPECT_THAT(handles_.Open(kOtherApplication, handle_),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(KeyHandlesTest, AnotherTokensHandleDoesNotOpen) {
  const KeyHandles other(std::string(32, 't'));
  EXPECT_THAT(handles_.Open(kApplication, other.Make(kApplication, kNonce)),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(KeyHandlesTest, AnyChangedByteIsNoticed) {
  for (size_t i = 0; i < handle_.size(); ++i) {
    std::string tampered = handle_;
    tampered[i] ^= 0x01;
    EXPECT_THAT(handles_.Open(kApplication, tampered),
                StatusIs(absl::StatusCode::kNotFound))
        << i;
  }
}

TEST_F(KeyHandlesTest, AHandleOfAnotherLengthDoesNotOpen) {
  for (const size_t size : {0, 1, 31, 32, 63}) {
    EXPECT_FALSE(handles_.Open(kApplication, handle_.substr(0, size)).ok());
  }
  EXPECT_FALSE(handles_.Open(kApplication, handle_ + "x").ok());
}

}  // namespace
}  // namespace u2fi::soft_token
