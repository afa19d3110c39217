#include "services/common/u2fhid/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::u2fhid {

absl::StatusOr<Report> ReportFromBytes(absl::string_view bytes) {
  if (bytes.size() != kReportSize) {
    return Error(
        reason::kTokenFrame,
        absl::StrCat("a report of ", bytes.size(), " bytes, not 64"),
        {{"rule", "report_size"}, {"size", absl::StrCat(bytes.size())}});
  }
  Report report;
  std::copy(bytes.begin(), bytes.end(), report.begin());
  return report;
}

absl::string_view BytesOf(const Report& report) {
  return absl::string_view(reinterpret_cast<const char*>(report.data()),
                           report.size());
}

}  // namespace u2fi::u2fhid
