#include "tools/device-emulator/two_slot_file.h"

#include <cstdlib>

#include "gtest/gtest.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

constexpr size_t kSlot = TwoSlotFile::kSlotSize;

class TwoSlotFileTest : public testing::Test {
 protected:
  TwoSlotFileTest() {
    std::string folder = testing::TempDir() + "/slots_XXXXXX";
    path_ = std::string(mkdtemp(folder.data())) + "/memory";
  }

  std::string Stored() {
    const auto file = TwoSlotFile::Open(path_, "first");
    return file.ok() ? (*file)->value() : ReasonOf(file.status());
  }
  std::string Bytes() { return ReadFile(path_, 2 * kSlot + 1).value(); }
  void Put(const std::string& bytes) {
    ASSERT_OK(WriteFileDurably(path_, bytes, 0600));
  }

  std::string path_;
};

TEST_F(TwoSlotFileTest, ANewFileHoldsTheFirstValue) {
  EXPECT_EQ(Stored(), "first");
  EXPECT_EQ(Stored(), "first");
  EXPECT_EQ(Bytes().size(), 2 * kSlot);
}

TEST_F(TwoSlotFileTest, EachValueReplacesTheFormerOne) {
  for (const char* value : {"one--", "two--", "three", "four-"}) {
    ASSERT_OK(TwoSlotFile::Open(path_, "first").value()->Write(value));
    EXPECT_EQ(Stored(), value);
  }
  const auto file = TwoSlotFile::Open(path_, "first").value();
  ASSERT_OK(file->Write("five-"));
  ASSERT_OK(file->Write("six--"));
  EXPECT_EQ(Stored(), "six--");
}

// What a crash in the middle of a write leaves: any part of the new slot.
TEST_F(TwoSlotFileTest, ATornWriteLeavesTheFormerValue) {
  const auto file = TwoSlotFile::Open(path_, "first").value();
  ASSERT_OK(file->Write("one--"));
  const std::string before = Bytes();
  ASSERT_OK(file->Write("two--"));
  const std::string after = Bytes();
  for (size_t i = 0; i < 2 * kSlot; ++i) {
    const std::string torn = after.substr(0, i) + before.substr(i);
    Put(torn);
    EXPECT_EQ(Stored(), torn == after ? "two--" : "one--") << i;
  }
}

TEST_F(TwoSlotFileTest, ADamagedSlotLeavesTheOther) {
  const auto file = TwoSlotFile::Open(path_, "first").value();
  ASSERT_OK(file->Write("one--"));
  for (size_t i = 0; i < kSlot; ++i) {
    std::string bytes = Bytes();
    bytes[kSlot + i] ^= 1;
    Put(bytes);
    EXPECT_EQ(Stored(), "first") << i;
    bytes[kSlot + i] ^= 1;
    Put(bytes);
  }
  EXPECT_EQ(Stored(), "one--");
}

TEST_F(TwoSlotFileTest, WithoutAGoodSlotThereIsNoValue) {
  ASSERT_EQ(Stored(), "first");
  std::string bytes = Bytes();
  bytes[40] ^= 1;
  Put(bytes);
  EXPECT_EQ(Stored(), "FILE_UNAVAILABLE");
}

TEST_F(TwoSlotFileTest, AFileOfAnotherLengthIsRefused) {
  for (const size_t size : {size_t{0}, kSlot, 2 * kSlot - 1, 2 * kSlot + 1}) {
    Put(std::string(size, 'x'));
    EXPECT_EQ(Stored(), "FILE_UNAVAILABLE") << size;
  }
}

TEST_F(TwoSlotFileTest, ValuesKeepTheirLength) {
  const auto file = TwoSlotFile::Open(path_, "first").value();
  EXPECT_THAT(file->Write("longer"), HasReason(reason::kFileUnavailable));
  EXPECT_EQ(Stored(), "first");
  EXPECT_FALSE(TwoSlotFile::Open(path_ + "2", "").ok());
  EXPECT_FALSE(TwoSlotFile::Open(path_ + "2", std::string(473, 'x')).ok());
}

}  // namespace
}  // namespace u2fi::device
