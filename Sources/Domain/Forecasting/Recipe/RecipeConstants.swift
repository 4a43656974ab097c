/// The recipe's constants: one set for every series. Source of the values: FORECASTING.md §4 unless a comment says otherwise.
package struct RecipeConstants: Hashable, Sendable {
    /// Pairs of (target, horizon) a fit looks at.
    package var rows = 40_000
    package var trainingDays = 365
    /// Weight of a row falls by a factor e in so many days.
    package var memoryDays: Float = 365
    package var blocks = 12
    package var neighbourWeight: Float = 0.35
    /// Penalty, as a share of the summed weights, on columns of unit size.
    package var penalty: Float = 0.1
    package var reweightings = 2
    /// Fewer, smaller-fed trees than the recipe's 150: most of their gain at a tenth of their cost.
    package var trees = 50
    /// Sets of trees behind the ridge, each fed with other rows; their mean counts.
    package var treeSets = 2
    /// Trees that learn the target itself, without a ridge before them, and their share in the forecast.
    package var directTrees = 100
    package var directShare: Float = 0.3
    package var treeRate: Float = 0.1
    package var treeRows = 0.2
    package var treeColumns = 0.25
    /// Share of a network's word in the forecast, where there is one. Measured on buildings it was not trained on.
    package var networkShare: Float = 0.3
    /// Weight a leaf must have.
    package var treeLeast: Float = 40
    /// Days from which weights are learned; before, a fixed prior speaks.
    package var firstFitDays = 8
    package var poolDays = 42
    /// A forecast enters the pool of out-of-sample errors every so many hours.
    package var poolHours = 3
    /// Days after which the replay that fills an empty pool fits again.
    package var refitDays = 7

    /// Days in which an error of the pool loses half its say.
    package var bandHalfLife = 21.0
    /// Share of the pool's median error by which learned middles are put right.
    package var lean: Float = 0.7

    package init() {}
}
