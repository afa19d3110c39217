#ifndef U2FI_TOOLS_SOFT_TOKEN_LINE_READER_H_
#define U2FI_TOOLS_SOFT_TOKEN_LINE_READER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace u2fi::soft_token {

// Cuts what arrives in pieces into lines. Holds at most kMaxLine bytes between
// two calls. Not thread-safe.
class LineReader {
 public:
  static constexpr size_t kMaxLine = 256;

  // The lines that are whole now, without "\n" or "\r\n". A line longer than
  // kMaxLine comes out cut off there, once; its rest is skipped.
  std::vector<std::string> Add(absl::string_view bytes);

 private:
  void AddByte(char byte, std::vector<std::string>* lines);

  std::string line_;
  // The line was given out already; wait for its end.
  bool skipping_ = false;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_LINE_READER_H_
