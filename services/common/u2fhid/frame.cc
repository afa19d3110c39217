#include "services/common/u2fhid/frame.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::u2fhid {
namespace {

constexpr uint8_t kInitialBit = 0x80;

// A zeroed report with the channel in front.
Report StartReport(uint32_t channel) {
  Report report{};
  for (int i = 0; i < 4; ++i) report[i] = channel >> (24 - 8 * i);
  return report;
}

void CopyData(absl::string_view data, size_t offset, Report* report) {
  std::copy(data.begin(), data.end(), report->begin() + offset);
}

Report InitialReport(const Message& message) {
  Report report = StartReport(message.channel);
  report[4] = kInitialBit | static_cast<uint8_t>(message.command);
  report[5] = message.payload.size() >> 8;
  report[6] = message.payload.size() & 0xff;
  CopyData(absl::string_view(message.payload).substr(0, kInitialData), 7,
           &report);
  return report;
}

}  // namespace

Frame ParseFrame(const Report& report) {
  Frame frame;
  for (int i = 0; i < 4; ++i) frame.channel = frame.channel << 8 | report[i];
  frame.initial = (report[4] & kInitialBit) != 0;
  if (!frame.initial) {
    frame.sequence = report[4];
    frame.data = BytesOf(report).substr(5);
    return frame;
  }
  frame.command = static_cast<Command>(report[4] & ~kInitialBit);
  frame.length = static_cast<uint16_t>(report[5] << 8 | report[6]);
  frame.data = BytesOf(report).substr(7);
  return frame;
}

absl::StatusOr<std::vector<Report>> Fragment(const Message& message) {
  if (message.payload.size() > kMaxMessage) {
    return Error(reason::kTokenFrame,
                 absl::StrCat("a message of ", message.payload.size(),
                              " bytes is longer than ", kMaxMessage),
                 {{"rule", "message_size"}});
  }
  std::vector<Report> reports = {InitialReport(message)};
  absl::string_view rest = message.payload;
  rest.remove_prefix(std::min(rest.size(), kInitialData));
  for (uint8_t sequence = 0; !rest.empty(); ++sequence) {
    Report report = StartReport(message.channel);
    report[4] = sequence;
    CopyData(rest.substr(0, kContinuationData), 5, &report);
    rest.remove_prefix(std::min(rest.size(), kContinuationData));
    reports.push_back(report);
  }
  return reports;
}

Report ErrorReport(uint32_t channel, HidError error) {
  return InitialReport(
      {channel, Command::kError, std::string(1, static_cast<char>(error))});
}

}  // namespace u2fi::u2fhid
