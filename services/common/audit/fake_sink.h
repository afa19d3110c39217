#ifndef U2FI_SERVICES_COMMON_AUDIT_FAKE_SINK_H_
#define U2FI_SERVICES_COMMON_AUDIT_FAKE_SINK_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/audit/sink.h"
#include "services/common/status/error.h"

namespace u2fi::audit {

// A sink in memory that fails when told to. Not thread-safe. Simplification:
// what was appended but not flushed is kept too.
class FakeSink : public Sink {
 public:
  absl::Status Append(const std::vector<ExportRecord>& records) override {
    if (append_fails) return Away();
    records_.insert(records_.end(), records.begin(), records.end());
    return absl::OkStatus();
  }
  absl::Status Flush() override {
    if (flush_fails) return Away();
    flushed = records_.size();
    return absl::OkStatus();
  }

  const std::vector<ExportRecord>& records() const { return records_; }

  template <typename T>
  std::vector<T> All() const {
    std::vector<T> found;
    for (const ExportRecord& record : records_) {
      if (const T* match = std::get_if<T>(&record)) found.push_back(*match);
    }
    return found;
  }

  // The records as a file.
  std::string File() const {
    std::string file = absl::StrCat(ToLine(ExportStart{}), "\n");
    for (const ExportRecord& record : records_) {
      absl::StrAppend(&file, ToLine(record), "\n");
    }
    return file;
  }

  bool append_fails = false;
  bool flush_fails = false;
  // Records that were durable at the last Flush().
  size_t flushed = 0;

 private:
  static absl::Status Away() {
    return Error(reason::kAuditUnavailable, "the sink is away");
  }

  std::vector<ExportRecord> records_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_FAKE_SINK_H_
