// The control socket's bytes, arriving in pieces of the length that the first
// byte says: every line gets one answer of one line.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "tools/soft-token/control_desk.h"
#include "tools/soft-token/in_process_token.h"
#include "tools/soft-token/line_reader.h"

namespace u2fi::soft_token {
namespace {

// Made once: making a key is slow.
const TokenIdentity& Identity() {
  static const TokenIdentity* const identity = [] {
    FakeClock clock;
    FakeRandomSource random;
    return new TokenIdentity(NewIdentity(clock, random));
  }();
  return *identity;
}

void Execute(ControlDesk& desk, const std::string& line) {
  if (line.size() > LineReader::kMaxLine) std::abort();
  const std::string answer = desk.Execute(line);
  const bool known =
      absl::StartsWith(answer, "ok") || absl::StartsWith(answer, "error ");
  if (!known || absl::StrContains(answer, "\n")) std::abort();
}

void Run(absl::string_view input, size_t piece) {
  FakeClock clock;
  InProcessToken token(clock, Identity());
  ControlDesk desk(token.token());
  LineReader reader;
  while (!input.empty()) {
    for (const std::string& line : reader.Add(input.substr(0, piece))) {
      Execute(desk, line);
    }
    input.remove_prefix(std::min(input.size(), piece));
  }
}

}  // namespace
}  // namespace u2fi::soft_token

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view input(reinterpret_cast<const char*>(data) + 1,
                                size - 1);
  u2fi::soft_token::Run(input, data[0] + 1u);
  return 0;
}
