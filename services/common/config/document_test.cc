#include "services/common/config/document.h"

#include <string>

#include "services/common/status/status_matchers.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using v1::CommandGateConfig;

class DocumentTest : public testing::Test {
 protected:
  // The message, which must be good.
  CommandGateConfig Config() const {
    CommandGateConfig config;
    EXPECT_OK(document_.To(config));
    return config;
  }
  // What is said of a JSON text.
  std::string ErrorOf(const std::string& text) {
    return std::string(document_.AddJson(text).message());
  }

  Document document_{*CommandGateConfig::descriptor()};
};

TEST_F(DocumentTest, ReadsTheJsonFormOfTheMessage) {
  ASSERT_OK(document_.AddJson(
      R"({"listen":{"address":":1","memory_mib":64,"reflection":true},)"
      R"("challenge":{"deadline":"1.5s"},"log":{"level":"LOG_LEVEL_DEBUG"}})"));
  const CommandGateConfig config = Config();
  EXPECT_EQ(config.listen().address(), ":1");
  EXPECT_EQ(config.listen().memory_mib(), 64u);
  EXPECT_TRUE(config.listen().reflection());
  EXPECT_EQ(config.challenge().deadline().nanos(), 500'000'000);
  EXPECT_EQ(config.log().level(), v1::LOG_LEVEL_DEBUG);
}

TEST_F(DocumentTest, NamesAnUnknownKey) {
  EXPECT_EQ(ErrorOf(R"({"listen":{"adress":":1"}})"),
            "listen.adress: unknown key");
  EXPECT_EQ(ErrorOf(R"({"x":1})"), "x: unknown key");
  EXPECT_EQ(ErrorOf(R"({"settings":{"webhooks":[{},{"x":1}]}})"),
            "settings.webhooks[1].x: unknown key");
}

TEST_F(DocumentTest, TakesOnlyNamesAsInTheProto) {
  EXPECT_EQ(ErrorOf(R"({"listen":{"memoryMib":64}})"),
            "listen.memoryMib: unknown key");
}

TEST_F(DocumentTest, NamesAKeyThatIsThereTwice) {
  EXPECT_THAT(ErrorOf(R"({"listen":{"address":"a","address":"b"}})"),
              HasSubstr("the key address twice"));
}

TEST_F(DocumentTest, TheSameKeyInTwoObjectsIsNoKeyTwice) {
  EXPECT_OK(document_.AddJson(
      R"({"challenge":{"target":"a"},"attestation":{"target":"b"}})"));
}

TEST_F(DocumentTest, RefusesWhatIsNotAnObject) {
  for (const char* text : {"", "[]", "1", "null", "{", "{} {}", "{,}"}) {
    EXPECT_THAT(document_.AddJson(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

TEST_F(DocumentTest, RefusesValuesOfAnotherShape) {
  EXPECT_EQ(ErrorOf(R"({"listen":5})"), "listen: must be an object");
  EXPECT_EQ(ErrorOf(R"({"listen":{"address":{}}})"),
            "listen.address: must be a plain value");
  EXPECT_EQ(ErrorOf(R"({"listen":{"address":null}})"),
            "listen.address: must be a plain value");
  EXPECT_EQ(ErrorOf(R"({"listen":{"reflection_callers":"a"}})"),
            "listen.reflection_callers: must be a list");
  EXPECT_EQ(ErrorOf(R"({"log":{"level":1}})"), "log.level: must be a name");
}

TEST_F(DocumentTest, RefusesValuesOfAnotherTypeByNameAndWithoutTheValue) {
  ASSERT_OK(document_.AddJson(R"({"listen":{"memory_mib":"s3cret"}})"));
  CommandGateConfig config;
  const absl::Status status = document_.To(config);
  EXPECT_EQ(status.message(), "listen.memory_mib: not a value of TYPE_UINT32");
}

TEST_F(DocumentTest, RefusesAnUnknownEnumName) {
  ASSERT_OK(document_.AddJson(R"({"log":{"level":"LOUD"}})"));
  CommandGateConfig config;
  EXPECT_EQ(document_.To(config).message(),
            "log.level: not a value of u2fi.config.v1.LogLevel");
}

TEST_F(DocumentTest, RefusesADurationWithoutItsUnit) {
  ASSERT_OK(document_.AddJson(R"({"challenge":{"deadline":"5"}})"));
  CommandGateConfig config;
  EXPECT_EQ(document_.To(config).message(),
            "challenge.deadline: not a value of google.protobuf.Duration");
}

TEST_F(DocumentTest, RefusesTwoChoicesOfAOneof) {
  ASSERT_OK(document_.AddJson(R"({"store":{"memory":{},"sqlite":{}}})"));
  CommandGateConfig config;
  EXPECT_THAT(document_.To(config).message(), HasSubstr("store"));
}

TEST_F(DocumentTest, ALaterLayerReplacesValuesAndKeepsTheOthers) {
  ASSERT_OK(document_.AddJson(R"({"listen":{"address":"a","memory_mib":64}})"));
  ASSERT_OK(document_.AddJson(R"({"listen":{"address":"b"}})"));
  EXPECT_EQ(Config().listen().address(), "b");
  EXPECT_EQ(Config().listen().memory_mib(), 64u);
}

TEST_F(DocumentTest, ALaterLayerCanSetZero) {
  ASSERT_OK(document_.AddJson(R"({"listen":{"memory_mib":64}})"));
  ASSERT_OK(document_.Set("listen.memory_mib", "0"));
  EXPECT_EQ(Config().listen().memory_mib(), 0u);
}

TEST_F(DocumentTest, ALaterChoiceOfAOneofReplacesTheFormerOne) {
  ASSERT_OK(document_.AddJson(R"({"store":{"sqlite":{"file":"a"}}})"));
  ASSERT_OK(document_.Set("store.redis.addresses", "h:1,h:2"));
  EXPECT_FALSE(Config().store().has_sqlite());
  EXPECT_THAT(Config().store().redis().addresses(), ElementsAre("h:1", "h:2"));
}

TEST_F(DocumentTest, ALaterListReplacesTheFormerOne) {
  ASSERT_OK(document_.AddJson(R"({"settings":{"origins":["a","b"]}})"));
  ASSERT_OK(document_.Set("settings.origins", R"(["c"])"));
  EXPECT_THAT(Config().settings().origins(), ElementsAre("c"));
}

TEST_F(DocumentTest, SetsFieldsByTheirPath) {
  ASSERT_OK(document_.Set("listen.address", ":1"));
  ASSERT_OK(document_.Set("listen.reflection", "true"));
  ASSERT_OK(document_.Set("challenge.deadline", "2s"));
  ASSERT_OK(document_.Set("log", R"({"level":"LOG_LEVEL_ERROR"})"));
  EXPECT_EQ(Config().listen().address(), ":1");
  EXPECT_TRUE(Config().listen().reflection());
  EXPECT_EQ(Config().challenge().deadline().seconds(), 2);
  EXPECT_EQ(Config().log().level(), v1::LOG_LEVEL_ERROR);
}

TEST_F(DocumentTest, RefusesPathsThatLeadNowhere) {
  for (const char* path :
       {"", ".", "listen.", "listen.x", "x.address", "listen.address.x",
        "settings.webhooks.url", "challenge.deadline.seconds"}) {
    EXPECT_EQ(document_.Set(path, "1").message(),
              std::string(path) + ": unknown key");
  }
}

TEST_F(DocumentTest, RefusesAMessageThatIsNotJson) {
  EXPECT_EQ(document_.Set("log", "debug").message(), "log: not JSON");
  EXPECT_EQ(document_.Set("settings.origins", "[").message(),
            "settings.origins: not JSON");
}

TEST_F(DocumentTest, RefusesDeepNesting) {
  std::string text;
  for (int i = 0; i <= kMaxDepth; ++i) text += "[";
  EXPECT_THAT(ErrorOf(R"({"listen":)" + text), HasSubstr("too deeply"));
}

TEST_F(DocumentTest, RefusesAFileThatIsTooLong) {
  EXPECT_THAT(ErrorOf("{}" + std::string(kMaxFileSize, ' ')),
              HasSubstr("too long"));
}

TEST_F(DocumentTest, PrintsSecretsMasked) {
  ASSERT_OK(document_.AddJson(
      R"({"store":{"redis":{"user":"u","password":"s3cret"}},)"
      R"("settings":{"webhooks":[{"tenant":"t1","key":"s3cret"}]}})"));
  const std::string text = ToMaskedJson(Config());
  EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(text, HasSubstr(R"("password": "<secret>")"));
  EXPECT_THAT(text, HasSubstr(R"("key": "<secret>")"));
  EXPECT_THAT(text, HasSubstr(R"("user": "u")"));
}

TEST_F(DocumentTest, PrintsAnEmptySecretAsEmpty) {
  ASSERT_OK(document_.AddJson(R"({"store":{"redis":{}}})"));
  EXPECT_THAT(ToMaskedJson(Config()), HasSubstr(R"("password": "")"));
}

TEST_F(DocumentTest, PrintsWhatItWouldReadAgain) {
  ASSERT_OK(document_.AddJson(
      R"({"listen":{"address":":1"},"challenge":{"deadline":"1.500s"}})"));
  Document again(*CommandGateConfig::descriptor());
  ASSERT_OK(again.AddJson(ToMaskedJson(Config())));
  CommandGateConfig config;
  ASSERT_OK(again.To(config));
  EXPECT_EQ(config.SerializeAsString(), Config().SerializeAsString());
}

}  // namespace
}  // namespace u2fi::config
