#include "tools/u2fi/metadata_import.h"

#include <sstream>

#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::ElementsAre;

class MetadataImportTest : public testing::Test {
 protected:
  MetadataImportTest() {
    mesh_.imported.set_number(42);
    mesh_.imported.set_entries(300);
    mesh_.imported.mutable_next_update()->set_seconds(1700000000);
    mesh_.imported.add_suspended_tokens("tokens/t-1");
  }

  FakeMesh mesh_;
  std::ostringstream said_;
  Output output_{said_, false};
};

TEST_F(MetadataImportTest, SaysWhatItWasAndWhichKeysItStopped) {
  EXPECT_OK(ImportMetadata(mesh_, "a.b.c", false, output_));
  EXPECT_EQ(said_.str(),
            "metadata  number 42, 300 models, the next is promised by "
            "2023-11-14T22:13:20Z\n"
            "tokens/t-1  suspended: its model turned bad\n");
}

TEST_F(MetadataImportTest, ACheckSaysWhichKeysItWouldStop) {
  EXPECT_OK(ImportMetadata(mesh_, "a.b.c", true, output_));
  EXPECT_THAT(mesh_.calls(), ElementsAre("ImportMetadata a.b.c validate_only"));
  EXPECT_THAT(said_.str(), testing::HasSubstr("t-1  would be suspended"));
}

TEST_F(MetadataImportTest, TheLineEndOfAFileIsNoPartOfTheBlob) {
  EXPECT_OK(ImportMetadata(mesh_, "a.b.c\r\n", false, output_));
  EXPECT_THAT(mesh_.calls(), ElementsAre("ImportMetadata a.b.c"));
}

TEST_F(MetadataImportTest, ARefusalIsTheError) {
  mesh_.error = Error(reason::kMetadataRollback, "older");
  EXPECT_THAT(ImportMetadata(mesh_, "a.b.c", false, output_),
              HasReason(reason::kMetadataRollback));
  EXPECT_EQ(said_.str(), "");
}

}  // namespace
}  // namespace u2fi::cli
