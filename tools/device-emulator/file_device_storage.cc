#include "tools/device-emulator/file_device_storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-emulator/execution_journal.h"

namespace u2fi::device {
namespace {

using nlohmann::json;

constexpr size_t kMaxKey = 4096;
constexpr size_t kMaxBinding = 1 << 20;
// Twice 64 commands with the longest outcomes fit.
constexpr off_t kJournalTail = 1 << 18;

absl::Status Broken(const std::string& path, absl::string_view cause) {
  return Error(reason::kFileUnavailable,
               absl::StrCat("cannot understand ", path, ": ", cause),
               {{"path", path}});
}

absl::StatusOr<crypto::P256PrivateKey> LoadOrMakeKey(const std::string& path) {
  absl::StatusOr<std::string> pem = ReadFile(path, kMaxKey);
  if (pem.ok()) {
    auto key = crypto::P256PrivateKey::FromPem(*pem);
    if (!key.ok()) return Broken(path, key.status().message());
    return key;
  }
  if (!IsReason(pem.status(), reason::kFileNotFound)) return pem.status();
  crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  RETURN_IF_ERROR(WriteFileDurably(path, key.ToPem(), 0600));
  return key;
}

std::string Encode(const ReplayMemory& memory) {
  return memory.window.Encode() + crypto::BigEndian64(memory.time_bound_ms);
}

absl::StatusOr<ReplayMemory> Decode(absl::string_view bytes,
                                    const std::string& path) {
  auto window =
      SequenceWindow::Decode(bytes.substr(0, SequenceWindow::kEncodedSize));
  if (!window.ok()) return Broken(path, window.status().message());
  ReplayMemory memory;
  memory.window = *window;
  for (unsigned char byte : bytes.substr(SequenceWindow::kEncodedSize)) {
    memory.time_bound_ms = memory.time_bound_ms << 8 | byte;
  }
  return memory;
}

std::string Bytes(const json& object, const char* name) {
  return crypto::FromBase64Url(object.at(name).get<std::string>()).value();
}

Binding FromJson(const json& object) {
  Binding binding;
  binding.pins = Bytes(object, "pins");
  binding.tx = object.at("tx");
  binding.command_hash = Bytes(object, "command_hash");
  binding.sequence = object.at("sequence");
  binding.access_token = object.at("access_token");
  const json& staged = object.at("staged");
  binding.staged.tx = staged.at("tx");
  binding.staged.command = Bytes(staged, "command");
  binding.staged.evidence = Bytes(staged, "evidence");
  binding.staged.fail_safe_ms = staged.at("fail_safe_ms");
  return binding;
}

json ToJson(const Binding& binding) {
  return {{"pins", crypto::Base64Url(binding.pins)},
          {"tx", binding.tx},
          {"command_hash", crypto::Base64Url(binding.command_hash)},
          {"sequence", binding.sequence},
          {"access_token", binding.access_token},
          {"staged",
           {{"tx", binding.staged.tx},
            {"command", crypto::Base64Url(binding.staged.command)},
            {"evidence", crypto::Base64Url(binding.staged.evidence)},
            {"fail_safe_ms", binding.staged.fail_safe_ms}}}};
}

absl::StatusOr<Binding> LoadBinding(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kMaxBinding);
  if (IsReason(text.status(), reason::kFileNotFound)) return Binding();
  RETURN_IF_ERROR(text.status());
  try {
    return FromJson(json::parse(*text));
  } catch (const std::exception& error) {
    return Broken(path, error.what());
  }
}

absl::StatusOr<std::vector<RecentCommand>> LoadJournal(
    int fd, const std::string& path) {
  struct stat info;
  if (fstat(fd, &info) != 0) return Broken(path, "no size");
  const off_t start =
      info.st_size > kJournalTail ? info.st_size - kJournalTail : 0;
  std::string tail(static_cast<size_t>(info.st_size - start), '\0');
  if (pread(fd, tail.data(), tail.size(), start) !=
      static_cast<ssize_t>(tail.size())) {
    return Broken(path, "not readable");
  }
  // After a crash in the middle of a line the next one begins afresh.
  if (!tail.empty() && tail.back() != '\n' && write(fd, "\n", 1) != 1) {
    return Broken(path, "not writable");
  }
  return ReadJournal(tail);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileDeviceStorage>> FileDeviceStorage::Open(
    const std::string& folder) {
  RETURN_IF_ERROR(MakeFolder(folder, 0700));
  ASSIGN_OR_RETURN(crypto::P256PrivateKey key,
                   LoadOrMakeKey(folder + "/factory.pem"));
  StoredState stored;
  ASSIGN_OR_RETURN(auto memory, TwoSlotFile::Open(folder + "/memory",
                                                  Encode(ReplayMemory())));
  ASSIGN_OR_RETURN(stored.memory, Decode(memory->value(), folder + "/memory"));
  ASSIGN_OR_RETURN(stored.binding, LoadBinding(folder + "/binding.json"));
  const std::string path = folder + "/executions.log";
  const int journal =
      open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (journal < 0) return Broken(path, "not to be opened");
  std::unique_ptr<FileDeviceStorage> storage;
  auto commands = LoadJournal(journal, path);
  const absl::Status loaded = commands.status();
  if (loaded.ok()) stored.commands = *std::move(commands);
  storage.reset(new FileDeviceStorage(folder, std::move(key), std::move(stored),
                                      std::move(memory), journal));
  RETURN_IF_ERROR(loaded);
  return storage;
}

FileDeviceStorage::~FileDeviceStorage() { close(journal_); }

absl::Status FileDeviceStorage::SaveMemory(const ReplayMemory& memory) {
  return memory_->Write(Encode(memory));
}

absl::Status FileDeviceStorage::SaveBinding(const Binding& binding) {
  return WriteFileDurably(folder_ + "/binding.json", ToJson(binding).dump(2),
                          0600);
}

absl::Status FileDeviceStorage::Append(absl::string_view line) {
  // One write at the end of the file: lines of two processes do not mix.
  if (write(journal_, line.data(), line.size()) ==
      static_cast<ssize_t>(line.size())) {
    return absl::OkStatus();
  }
  return Error(reason::kFileUnavailable, "cannot write executions.log");
}

}  // namespace u2fi::device
