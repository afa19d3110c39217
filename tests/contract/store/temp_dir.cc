#include "tests/contract/store/temp_dir.h"

#include <cstdlib>
#include <filesystem>

#include "gtest/gtest.h"

namespace u2fi::store {

TempDir::TempDir() {
  char pattern[] = "/tmp/u2fi.XXXXXX";
  const char* made = mkdtemp(pattern);
  EXPECT_NE(made, nullptr);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace u2fi::store
