#include "services/common/u2fhid/report_descriptor.h"

#include <cstdint>
#include <vector>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/u2fhid/report.h"

namespace u2fi::u2fhid {
namespace {

constexpr uint32_t kFidoPage = 0xF1D0;
constexpr uint32_t kFidoUsage = 0x01;
constexpr size_t kMaxDepth = 16;

// Prefix of a short item without its size (6.2.2.2): tag and type.
enum Item : uint8_t {
  kInput = 0x80,
  kOutput = 0x90,
  kCollection = 0xA0,
  kEndCollection = 0xC0,
  kUsagePage = 0x04,
  kReportSize8 = 0x74,
  kReportId = 0x84,
  kReportCount = 0x94,
  kPush = 0xA4,
  kPop = 0xB4,
  kUsage = 0x08,
};
constexpr uint8_t kItemMask = 0xFC;
constexpr uint8_t kTypeMask = 0x0C;
constexpr uint8_t kMainType = 0x00;
constexpr uint8_t kLongItem = 0xFE;

absl::Status Bad(absl::string_view problem) {
  return FieldError("descriptor", problem);
}

// The state machine of 5.4, with what is asked of it.
class DescriptorReader {
 public:
  absl::Status Read(absl::string_view rest) {
    if (rest.size() > kMaxReportDescriptor) return Bad("is too long");
    while (!rest.empty()) RETURN_IF_ERROR(ReadItem(rest));
    if (depth_ != 0) return Bad("has an open collection");
    return Verdict();
  }

 private:
  // Items that stay until they are changed.
  struct Global {
    uint32_t page = 0;
    uint32_t size = 0;
    uint32_t count = 0;
  };

  absl::Status ReadItem(absl::string_view& rest) {
    const auto prefix = static_cast<uint8_t>(rest[0]);
    if (prefix == kLongItem) return SkipLong(rest);
    // Sizes are 0, 1, 2 and 4.
    const size_t size = (prefix & 3) == 3 ? 4 : prefix & 3;
    if (rest.size() < 1 + size) return Bad("is cut off");
    uint32_t value = 0;
    for (size_t i = size; i > 0; --i) {
      value = value << 8 | static_cast<uint8_t>(rest[i]);
    }
    rest.remove_prefix(1 + size);
    return Take(prefix & kItemMask, size, value);
  }

  static absl::Status SkipLong(absl::string_view& rest) {
    constexpr size_t kHeader = 3;
    if (rest.size() < kHeader) return Bad("is cut off");
    const size_t size = kHeader + static_cast<uint8_t>(rest[1]);
    if (rest.size() < size) return Bad("is cut off");
    rest.remove_prefix(size);
    return absl::OkStatus();
  }

  absl::Status Take(uint8_t item, size_t size, uint32_t value) {
    absl::Status status;
    if (item == kUsagePage) {
      global_.page = value;
    } else if (item == kReportSize8) {
      global_.size = value;
    } else if (item == kReportCount) {
      global_.count = value;
    } else if (item == kReportId) {
      has_report_id_ |= in_fido_;
    } else if (item == kPush || item == kPop) {
      status = item == kPush ? Push() : Pop();
    } else if (item == kUsage) {
      // Four bytes carry their own page (6.2.2.8).
      usage_ = size == 4 ? value : global_.page << 16 | value;
    } else if (item == kCollection) {
      status = Open();
    } else if (item == kEndCollection) {
      status = Close();
    } else if (item == kInput || item == kOutput) {
      AddReport(item == kInput);
    }
    // Local items end with the next main item (6.2.2.8).
    if ((item & kTypeMask) == kMainType) usage_ = 0;
    return status;
  }

  absl::Status Push() {
    if (stored_.size() >= kMaxDepth) return Bad("stores too much");
    stored_.push_back(global_);
    return absl::OkStatus();
  }

  absl::Status Pop() {
    if (stored_.empty()) return Bad("restores what was not stored");
    global_ = stored_.back();
    stored_.pop_back();
    return absl::OkStatus();
  }

  absl::Status Open() {
    if (++depth_ > kMaxDepth) return Bad("is too deep");
    if (depth_ == 1 && usage_ == (kFidoPage << 16 | kFidoUsage))
      in_fido_ = true;
    found_ |= in_fido_;
    return absl::OkStatus();
  }

  absl::Status Close() {
    if (depth_ == 0) return Bad("ends what did not begin");
    if (--depth_ == 0) in_fido_ = false;
    return absl::OkStatus();
  }

  void AddReport(bool input) {
    if (!in_fido_) return;
    ++(input ? inputs_ : outputs_);
    wrong_size_ |= global_.size != 8 || global_.count != kReportSize;
  }

  absl::Status Verdict() const {
    if (!found_) return Bad("is not a FIDO token's");
    if (has_report_id_) return Bad("has report ids");
    if (inputs_ != 1 || outputs_ != 1) {
      return Bad("has not one input and one output");
    }
    if (wrong_size_) return Bad("has other reports than of 64 bytes");
    return absl::OkStatus();
  }

  Global global_;
  std::vector<Global> stored_;
  uint32_t usage_ = 0;
  size_t depth_ = 0;
  bool in_fido_ = false;
  bool found_ = false;
  bool has_report_id_ = false;
  bool wrong_size_ = false;
  int inputs_ = 0;
  int outputs_ = 0;
};

}  // namespace

absl::Status CheckFidoDescriptor(absl::string_view descriptor) {
  return DescriptorReader().Read(descriptor);
}

}  // namespace u2fi::u2fhid
