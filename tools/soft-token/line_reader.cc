#include "tools/soft-token/line_reader.h"

#include <utility>

namespace u2fi::soft_token {

std::vector<std::string> LineReader::Add(absl::string_view bytes) {
  std::vector<std::string> lines;
  for (const char byte : bytes) AddByte(byte, &lines);
  return lines;
}

void LineReader::AddByte(char byte, std::vector<std::string>* lines) {
  if (byte == '\n') {
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (!skipping_) lines->push_back(line_);
    line_.clear();
    skipping_ = false;
    return;
  }
  if (skipping_) return;
  line_.push_back(byte);
  if (line_.size() < kMaxLine) return;
  lines->push_back(std::exchange(line_, ""));
  skipping_ = true;
}

}  // namespace u2fi::soft_token
