module example.com/aeon/story

go 1.19

require example.com/aeon/sdk v0.0.0

replace example.com/aeon/sdk => ./sdk
