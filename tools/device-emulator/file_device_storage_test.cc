#include "tools/device-emulator/file_device_storage.h"

#include <cstdlib>

#include "gtest/gtest.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"
#include "tools/device-emulator/execution_journal.h"
#include "tools/device-emulator/two_slot_file.h"

namespace u2fi::device {
namespace {

class FileDeviceStorageTest : public testing::Test {
 protected:
  FileDeviceStorageTest() {
    std::string folder = testing::TempDir() + "/device_XXXXXX";
    folder_ = std::string(mkdtemp(folder.data())) + "/camera-1";
  }
  std::unique_ptr<FileDeviceStorage> Open() {
    return FileDeviceStorage::Open(folder_).value();
  }
  absl::Status WriteRaw(const std::string& name, absl::string_view contents) {
    return WriteFileDurably(folder_ + "/" + name, contents, 0600);
  }

  std::string folder_;
};

Binding ABinding() {
  Binding binding;
  binding.pins = std::string("\x08\x01\xff\0", 4);
  binding.tx = "tx-1";
  binding.command_hash = std::string(32, '\x80');
  binding.sequence = 17;
  binding.access_token = "a.b.c";
  binding.staged.tx = "tx-2";
  binding.staged.command = "c\xfe";
  binding.staged.evidence = "e";
  binding.staged.fail_safe_ms = 5;
  return binding;
}

TEST_F(FileDeviceStorageTest, ANewDeviceIsBlankAndHasAKey) {
  const auto storage = Open();
  EXPECT_EQ(storage->stored().binding.pins, "");
  EXPECT_EQ(storage->stored().memory.window.high(), 0u);
  EXPECT_EQ(storage->factory_key().public_key().point().size(), 65u);
}

TEST_F(FileDeviceStorageTest, TheKeyStays) {
  const std::string point = Open()->factory_key().public_key().point();
  EXPECT_EQ(Open()->factory_key().public_key().point(), point);
}

TEST_F(FileDeviceStorageTest, TheMemoryStays) {
  ReplayMemory memory;
  memory.window.Use(9);
  memory.window.Use(7);
  memory.time_bound_ms = 1'700'000'000'123;
  ASSERT_OK(Open()->SaveMemory(memory));
  const ReplayMemory loaded = Open()->stored().memory;
  EXPECT_EQ(loaded.window.Encode(), memory.window.Encode());
  EXPECT_EQ(loaded.time_bound_ms, memory.time_bound_ms);
}

TEST_F(FileDeviceStorageTest, TheBindingStays) {
  const Binding binding = ABinding();
  ASSERT_OK(Open()->SaveBinding(binding));
  const Binding loaded = Open()->stored().binding;
  EXPECT_EQ(loaded.pins, binding.pins);
  EXPECT_EQ(loaded.tx, binding.tx);
  EXPECT_EQ(loaded.command_hash, binding.command_hash);
  EXPECT_EQ(loaded.sequence, binding.sequence);
  EXPECT_EQ(loaded.access_token, binding.access_token);
  EXPECT_EQ(loaded.staged.tx, binding.staged.tx);
  EXPECT_EQ(loaded.staged.command, binding.staged.command);
  EXPECT_EQ(loaded.staged.evidence, binding.staged.evidence);
  EXPECT_EQ(loaded.staged.fail_safe_ms, binding.staged.fail_safe_ms);
}

TEST_F(FileDeviceStorageTest, TheJournalStays) {
  RecentCommand command;
  command.sequence = 3;
  command.command_id = "abc";
  command.operation = "camera.on";
  ASSERT_OK(Open()->Append(BeginLine(command)));
  ASSERT_OK(Open()->Append(EndLine(3, "SUCCEEDED")));
  const auto storage = Open();
  ASSERT_EQ(storage->stored().commands.size(), 1u);
  EXPECT_EQ(storage->stored().commands[0].outcome, "SUCCEEDED");
}

TEST_F(FileDeviceStorageTest, HalfALineAtTheEndDoesNotSpoilTheNext) {
  RecentCommand command;
  command.sequence = 3;
  command.command_id = "abc";
  command.operation = "camera.on";
  ASSERT_OK(Open()->Append("BEGIN 2 ab"));
  ASSERT_OK(Open()->Append(BeginLine(command)));
  EXPECT_EQ(Open()->stored().commands.size(), 1u);
}

TEST_F(FileDeviceStorageTest, ADeviceWithABrokenMemoryDoesNotStart) {
  Open();
  ASSERT_OK(WriteRaw("memory", std::string(23, '\0')));
  EXPECT_THAT(FileDeviceStorage::Open(folder_),
              HasReason(reason::kFileUnavailable));
}

TEST_F(FileDeviceStorageTest, ADeviceWithAContradictingWindowDoesNotStart) {
  Open();
  const auto memory =
      TwoSlotFile::Open(folder_ + "/memory", std::string(24, '\0')).value();
  ASSERT_OK(memory->Write(std::string(23, '\0') + '\1'));
  ASSERT_TRUE(FileDeviceStorage::Open(folder_).ok());
  ASSERT_OK(memory->Write('\1' + std::string(23, '\0')));
  EXPECT_THAT(FileDeviceStorage::Open(folder_),
              HasReason(reason::kFileUnavailable));
}

TEST_F(FileDeviceStorageTest, ADeviceWithABrokenBindingDoesNotStart) {
  Open();
  for (const char* text : {"", "{}", "[1]", R"({"pins":1})"}) {
    ASSERT_OK(WriteRaw("binding.json", text));
    EXPECT_THAT(FileDeviceStorage::Open(folder_),
                HasReason(reason::kFileUnavailable));
  }
}

TEST_F(FileDeviceStorageTest, ADeviceWithABrokenKeyDoesNotStart) {
  Open();
  ASSERT_OK(WriteRaw("factory.pem", "no key"));
  EXPECT_THAT(FileDeviceStorage::Open(folder_),
              HasReason(reason::kFileUnavailable));
}

}  // namespace
}  // namespace u2fi::device
