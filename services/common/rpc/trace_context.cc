#include "services/common/rpc/trace_context.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace u2fi::rpc {
namespace {

constexpr absl::string_view kVersion = "00-";
constexpr size_t kTraceIdSize = 32;
constexpr size_t kSpanIdSize = 16;
constexpr size_t kHeaderSize = 3 + kTraceIdSize + 1 + kSpanIdSize + 1 + 2;

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
  });
}

bool IsId(absl::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != text.npos;
}

std::string NewId(size_t digits, RandomSource& random) {
  std::string id;
  do {
    id = absl::BytesToHexString(random.Bytes(digits / 2));
  } while (!IsId(id));
  return id;
}

}  // namespace

absl::optional<TraceContext> ParseTraceparent(absl::string_view header) {
  if (header.size() != kHeaderSize || header.substr(0, 3) != kVersion ||
      header[35] != '-' || header[52] != '-') {
    return absl::nullopt;
  }
  const absl::string_view trace_id = header.substr(3, kTraceIdSize);
  const absl::string_view span_id = header.substr(36, kSpanIdSize);
  const absl::string_view flags = header.substr(53, 2);
  if (!IsId(trace_id) || !IsId(span_id) || !IsHex(flags)) return absl::nullopt;
  TraceContext trace;
  trace.trace_id = std::string(trace_id);
  trace.span_id = std::string(span_id);
  trace.sampled = absl::HexStringToBytes(flags)[0] & 1;
  return trace;
}

std::string ToTraceparent(const TraceContext& trace) {
  return absl::StrCat(kVersion, trace.trace_id, "-", trace.span_id, "-",
                      trace.sampled ? "01" : "00");
}

TraceContext StartSpan(absl::string_view header, RandomSource& random) {
  TraceContext trace =
      ParseTraceparent(header).value_or(TraceContext{"", "", false});
  if (trace.trace_id.empty()) trace.trace_id = NewId(kTraceIdSize, random);
  trace.span_id = NewId(kSpanIdSize, random);
  return trace;
}

}  // namespace u2fi::rpc
